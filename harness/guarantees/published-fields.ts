import type { ModelUnits } from '../../protocol/models.ts';
import { decodeBlock } from '../../protocol/registers/codec.ts';
import { hasFlag, SCOOTER_STATUS } from '../../protocol/registers/codes.ts';
import { BLOCKS } from '../../protocol/registers/table.ts';
import { isFields, type Fields } from './view/deliveries.ts';
import type { CycleBlock, Reply } from './view/poll-cycles.ts';

type ValuesOf<Name extends CycleBlock> = ReturnType<typeof decodeBlock<(typeof BLOCKS)[Name]['rows']>>;

/** What stands in a published sample, by its path, and what a block says about it. */
type Published<Name extends CycleBlock> = Readonly<Record<string, (values: ValuesOf<Name>) => unknown>>;

/** docs/topics.md, over again: what is published is compared with this and not with what has published it. */
const LIVE: Published<'live'> = {
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

const BATTERY: Published<'battery'> = {
  'battery_info.capacity': ({ remainingMah }) => remainingMah,
  'battery_info.percent': ({ chargePercent }) => chargePercent,
  'battery_info.current': ({ currentA }) => currentA,
  'battery_info.voltage': ({ voltageV }) => voltageV,
  'battery_info.temperature_1': ({ temperature1C }) => temperature1C,
  'battery_info.temperature_2': ({ temperature2C }) => temperature2C,
};

const RANGE: Published<'range'> = {
  trip_distance_left_km: ({ remainingRangeKm }) => remainingRangeKm,
};

/** A value of a sample, and its path in it. */
export type Expected = readonly (readonly [path: string, value: unknown])[];

const EXPECTED: Readonly<Record<CycleBlock, (bytes: Buffer, units: ModelUnits) => Expected>> = {
  live: (bytes, units) => applied(LIVE, decodeBlock(BLOCKS.live, bytes, units)),
  battery: (bytes, units) => applied(BATTERY, decodeBlock(BLOCKS.battery, bytes, units)),
  range: (bytes, units) => applied(RANGE, decodeBlock(BLOCKS.range, bytes, units)),
};

/** What a sample has to say that was made of a reply; undefined for one that is no answer to the client's question. */
export function expectedOf(block: CycleBlock, { data }: Reply, units: ModelUnits): Expected | undefined {
  const bytes = Buffer.from(data, 'hex');
  return bytes.length === BLOCKS[block].bytes ? EXPECTED[block](bytes, units) : undefined;
}

function applied<Values>(
  published: Readonly<Record<string, (values: Values) => unknown>>,
  values: Values,
): Expected {
  return Object.entries(published).map(([path, value]) => [path, value(values)]);
}

/** What a sample says at a path such as `battery_info.percent`. */
export function valueAt(fields: Fields, path: string): unknown {
  return path
    .split('.')
    .reduce<unknown>((value, name) => (isFields(value) ? value[name] : undefined), fields);
}
