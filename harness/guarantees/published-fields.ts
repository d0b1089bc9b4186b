import type { ModelUnits } from '../../protocol/models.ts';
import { decodeBlock } from '../../protocol/registers/codec.ts';
import { hasFlag, SCOOTER_STATUS } from '../../protocol/registers/codes.ts';
import { BLOCKS } from '../../protocol/registers/table.ts';
import { isFields, type Fields } from './view/deliveries.ts';
import type { CycleBlock, Reply } from './view/poll-cycles.ts';

type ValuesOf<Name extends CycleBlock> = ReturnType<typeof decodeBlock<(typeof BLOCKS)[Name]['rows']>>;

/** The published fields that a register block determines. */
type BlockFields<Name extends CycleBlock> = Readonly<Record<string, (values: ValuesOf<Name>) => unknown>>;

/** Independent implementation of docs/topics.md, so that an error in the client's own is found. */
const LIVE: BlockFields<'live'> = {
  speed_kmh: ({ speedKmh }) => (speedKmh < 0 ? 0 : speedKmh),
  speed_signed_kmh: ({ speedKmh }) => speedKmh,
  total_distance_m: ({ odometerM }) => odometerM,
  trip_distance_m: ({ tripM }) => tripM,
  uptime_sec: ({ uptimeS }) => uptimeS,
  frame_temp: ({ frameTemperatureC }) => frameTemperatureC,
  error: ({ error }) => error,
  warning: ({ warning }) => warning,
  mode: ({ mode }) => mode,
  locked: ({ status }) => hasFlag(status, SCOOTER_STATUS.locked),
};

/** In `battery_info`. */
const BATTERY: BlockFields<'battery'> = {
  capacity: ({ remainingMah }) => remainingMah,
  percent: ({ chargePercent }) => chargePercent,
  current: ({ currentA }) => currentA,
  voltage: ({ voltageV }) => voltageV,
  temperature_1: ({ temperature1C }) => temperature1C,
  temperature_2: ({ temperature2C }) => temperature2C,
};

const RANGE: BlockFields<'range'> = {
  trip_distance_left_km: ({ remainingRangeKm }) => remainingRangeKm,
};

/** The published fields of each block. */
const FIELDS = { live: LIVE, battery: BATTERY, range: RANGE };

const EXPECTED: Readonly<Record<CycleBlock, (bytes: Buffer, units: ModelUnits) => Fields>> = {
  live: (bytes, units) => mapFields(LIVE, decodeBlock(BLOCKS.live, bytes, units)),
  battery: (bytes, units) => mapFields(BATTERY, decodeBlock(BLOCKS.battery, bytes, units)),
  range: (bytes, units) => mapFields(RANGE, decodeBlock(BLOCKS.range, bytes, units)),
};

/** Blocks whose fields are published as a nested object. */
const SUB_OBJECTS: Readonly<Partial<Record<CycleBlock, string>>> = { battery: 'battery_info' };

/** The fields that a reply determines; undefined if the reply has the wrong length. */
export function expectedFields(block: CycleBlock, { data }: Reply, units: ModelUnits): Fields | undefined {
  const bytes = Buffer.from(data, 'hex');
  return bytes.length === BLOCKS[block].bytes ? EXPECTED[block](bytes, units) : undefined;
}

/** The fields of a block without a reply: all null. */
export function unansweredFields(block: CycleBlock): Fields {
  return Object.fromEntries(Object.keys(FIELDS[block]).map((name) => [name, null]));
}

/** A published field that is not as expected. */
export interface Difference {
  readonly path: string;
  readonly expected: unknown;
  readonly published: unknown;
}

/** The first published field that differs from those of a block. */
export function firstDifference(fields: Fields, block: CycleBlock, expected: Fields): Difference | undefined {
  const subObject = SUB_OBJECTS[block];
  const container = subObject === undefined ? fields : fields[subObject];
  const published = isFields(container) ? container : {};
  for (const name in expected) {
    if (published[name] === expected[name]) continue;
    const path = subObject === undefined ? name : `${subObject}.${name}`;
    return { path, expected: expected[name], published: published[name] };
  }
  return undefined;
}

function mapFields<Values>(
  published: Readonly<Record<string, (values: Values) => unknown>>,
  values: Values,
): Fields {
  const fields: Record<string, unknown> = {};
  for (const name in published) fields[name] = published[name]?.(values);
  return fields;
}
