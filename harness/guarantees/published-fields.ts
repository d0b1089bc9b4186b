import { hasDocumentedForm } from '../oracle/number-form.ts';
import { exactly, fits, type ExpectedFields } from '../oracle/expected.ts';
import { RegisterMemory, type Device } from '../oracle/memory.ts';
import { SCOOTER_FIELDS, scooterFields } from '../oracle/scooter-fields.ts';
import type { ScooterModel } from '../oracle/scooter-models.ts';
import { POLLED_BLOCKS, type CycleBlock, type PolledBlock } from './view/blocks.ts';
import { valueAt, type Fields } from './view/deliveries.ts';
import type { Reply } from './view/poll-cycles.ts';

const DEVICES: Readonly<Record<PolledBlock['device'], Device>> = { esc: 'ESC', bms: 'BMS' };

/** Fields of a sample, in their order (docs/topics.md). */
const SAMPLE_FIELDS = [
  'timestamp',
  'speed_kmh',
  'total_distance_m',
  'trip_distance_m',
  'trip_distance_left_km',
  'uptime_sec',
  'frame_temp',
  'battery_info',
  'gpsinfo',
  'boot_id',
  'seq',
  'clock_synced',
  'error',
  'warning',
  'locked',
  'mode',
  'speed_signed_kmh',
];

/** Paths of the fields that each block determines. */
const PATHS: Readonly<Record<CycleBlock, readonly string[]>> = {
  live: pathsOf('live'),
  battery: pathsOf('battery'),
  range: pathsOf('range'),
};

/** The fields that a reply determines; undefined if the reply has the wrong length. */
export function expectedFields(
  name: CycleBlock,
  { data }: Reply,
  model: ScooterModel,
): ExpectedFields | undefined {
  const bytes = Buffer.from(data, 'hex');
  const { device, register, bytes: length } = POLLED_BLOCKS[name];
  if (bytes.length !== length) return undefined;
  const memory = new RegisterMemory();
  memory.store(DEVICES[device], register, bytes);
  const fields = scooterFields(memory, model);
  return new Map(PATHS[name].map((path) => [path, fields.get(path) ?? exactly(null)]));
}

/** The fields of a block without a reply: all null. */
export function unansweredFields(name: CycleBlock): ExpectedFields {
  return new Map(PATHS[name].map((path) => [path, exactly(null)]));
}

/** A published field that is not as expected. */
export interface Difference {
  readonly path: string;
  readonly expected: unknown;
  readonly published: unknown;
}

/** The first published field that differs from those of a block. */
export function firstDifference(fields: Fields, expected: ExpectedFields): Difference | undefined {
  for (const [path, expectation] of expected) {
    const published = valueAt(fields, path.split('.'));
    if (fits(expectation, published)) continue;
    return { path, expected: expectation === 'unknown' ? expectation : expectation.value, published };
  }
  return undefined;
}

/** The names of a sample's fields, if they are not the documented ones in their order. */
export function unexpectedNames(fields: Fields): string | undefined {
  const names = Object.keys(fields).join(', ');
  return names === SAMPLE_FIELDS.join(', ') ? undefined : names;
}

function pathsOf(name: CycleBlock): readonly string[] {
  return SCOOTER_FIELDS.filter(({ group }) => group === name).map(({ path }) => path);
}

/** A number, by the name of its field. */
const NUMBER = /"(\w+)":(-?\d[^,}]*)/g;
/** Objects in a sample by the names of their fields. */
const PARENTS: Readonly<Record<string, string>> = {
  capacity: 'battery_info',
  percent: 'battery_info',
  current: 'battery_info',
  voltage: 'battery_info',
  temperature_1: 'battery_info',
  temperature_2: 'battery_info',
  latitude: 'gpsinfo',
  longitude: 'gpsinfo',
  altitude: 'gpsinfo',
  gps_speed: 'gpsinfo',
  age_sec: 'gpsinfo',
};

/** The first number whose text has another form than consumers rely on. */
export function wrongForm(payload: string): string | undefined {
  for (const [found, name = '', text = ''] of payload.matchAll(NUMBER)) {
    const parent = PARENTS[name];
    if (!hasDocumentedForm(parent === undefined ? name : `${parent}.${name}`, text)) return found;
  }
  return undefined;
}
