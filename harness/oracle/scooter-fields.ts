import { exactly, type Expected, type ExpectedFields } from './expected.ts';
import type { RegisterMemory } from './memory.ts';
import { TRIP_UNIT_M, type ScooterModel } from './scooter-models.ts';

/** Values that a scooter leaves unanswered together (docs/topics.md). */
export type FieldGroup = 'live' | 'battery' | 'range';

interface ScooterField {
  readonly path: string;
  readonly group: FieldGroup;
  /** Reads the value as it is published; undefined if a byte of it is not known. */
  readonly read: (memory: RegisterMemory, model: ScooterModel) => number | boolean | undefined;
}

/** Below this, in m/h, a speed is one over 32.767 km/h: nobody rolls back at 10 km/h. Source: augis' client. */
const MIN_SPEED_MH = -10_000;
/** Bit of the status, ESC b2, as clients read it; no capture of a locked scooter is published. */
const LOCKED = 0b10;
/** The battery stores °C + 20 in a byte. Source: BotoX's reading of its firmware; 47 beside a frame of 28 °C. */
const BATTERY_TEMPERATURE_OFFSET = 20;

/** Fields of a sample that come from the scooter, in their order. */
export const SCOOTER_FIELDS: readonly ScooterField[] = [
  { path: 'speed_kmh', group: 'live', read: (memory) => atLeastZero(signedSpeedKmh(memory)) },
  // Meaning and scales of b0 to bb: CamiAlfa's captures of an m365, and one of a Pro 2 by the earlier client.
  { path: 'total_distance_m', group: 'live', read: (memory) => memory.u32('ESC', 0xb7) },
  {
    path: 'trip_distance_m',
    group: 'live',
    read: (memory, model) => tripDistanceM(memory.u16('ESC', 0xb9), TRIP_UNIT_M[model]),
  },
  // 0a32 is 26.1 km on a Pro 2; 0726 is 18.3 km in CamiAlfa's captures.
  { path: 'trip_distance_left_km', group: 'range', read: (memory) => scaled(memory.u16('ESC', 0x25), 100) },
  { path: 'uptime_sec', group: 'live', read: (memory) => memory.u16('ESC', 0xba) },
  { path: 'frame_temp', group: 'live', read: (memory) => scaled(memory.i16('ESC', 0xbb), 10) },
  // mAh: 7,417 at 63 % are 11,773 when full, which is the battery of a Pro 2.
  { path: 'battery_info.capacity', group: 'battery', read: (memory) => memory.u16('BMS', 0x31) },
  { path: 'battery_info.percent', group: 'battery', read: (memory) => memory.u16('BMS', 0x32) },
  // Negative while charging: ff53 is −1.73 A at the charger, captured with MiAuth.
  { path: 'battery_info.current', group: 'battery', read: (memory) => scaled(memory.i16('BMS', 0x33), 100) },
  // 1009 is 41.05 V; the ten cells in the same captures of an m365 add up to 41.06 V.
  { path: 'battery_info.voltage', group: 'battery', read: (memory) => scaled(memory.u16('BMS', 0x34), 100) },
  {
    path: 'battery_info.temperature_1',
    group: 'battery',
    read: (memory) => batteryCelsius(memory.lowByte('BMS', 0x35)),
  },
  {
    path: 'battery_info.temperature_2',
    group: 'battery',
    read: (memory) => batteryCelsius(memory.highByte('BMS', 0x35)),
  },
  { path: 'error', group: 'live', read: (memory) => memory.u16('ESC', 0xb0) },
  { path: 'warning', group: 'live', read: (memory) => memory.u16('ESC', 0xb1) },
  { path: 'locked', group: 'live', read: (memory) => hasBits(memory.u16('ESC', 0xb2), LOCKED) },
  { path: 'mode', group: 'live', read: (memory) => memory.u16('ESC', 0xb3) },
  { path: 'speed_signed_kmh', group: 'live', read: signedSpeedKmh },
];

/**
 * Tells what a sample publishes for registers.
 *
 * A group that is not answered is null, and so is what cannot be read at all. If a group is known only in part, the
 * documents do not say whether the rest of it is published: it is unknown.
 */
export function scooterFields(memory: RegisterMemory, model: ScooterModel): ExpectedFields {
  const values = SCOOTER_FIELDS.map(({ path, group, read }) => ({ path, group, value: read(memory, model) }));
  const incomplete = new Set(values.filter(({ value }) => value === undefined).map(({ group }) => group));
  return new Map(
    values.map(({ path, group, value }): [string, Expected] => {
      if (value === undefined) return [path, exactly(null)];
      return [path, incomplete.has(group) ? 'unknown' : exactly(value)];
    }),
  );
}

/** Reads the speed, ESC b5 in m/h: negative while rolling backwards. */
function signedSpeedKmh(memory: RegisterMemory): number | undefined {
  const speedMh = memory.i16('ESC', 0xb5);
  return scaled(speedMh !== undefined && speedMh < MIN_SPEED_MH ? memory.u16('ESC', 0xb5) : speedMh, 1000);
}

function tripDistanceM(raw: number | undefined, unitM: number): number | undefined {
  return raw === undefined ? undefined : raw * unitM;
}

function atLeastZero(value: number | undefined): number | undefined {
  return value !== undefined && value < 0 ? 0 : value;
}

function batteryCelsius(raw: number | undefined): number | undefined {
  return raw === undefined ? undefined : raw - BATTERY_TEMPERATURE_OFFSET;
}

function scaled(raw: number | undefined, divisor: number): number | undefined {
  return raw === undefined ? undefined : raw / divisor;
}

function hasBits(word: number | undefined, bits: number): boolean | undefined {
  return word === undefined ? undefined : (word & bits) !== 0;
}
