import { RegisterMemory } from '../oracle/memory.ts';
import { SCOOTER_FIELDS } from '../oracle/scooter-fields.ts';
import type { ScooterModel } from '../oracle/scooter-models.ts';
import type { EventOf } from '../world/trace/event.ts';
import type { Rule } from './guarantee.ts';
import type { Mismatch } from './position-check.ts';
import { formatValue } from './position-check.ts';

/** Resolution of each value, by its field in a sample: half a unit of its register, or a whole one if it is rounded down. */
const TOLERANCES: Readonly<Record<string, number>> = {
  error: 0,
  warning: 0,
  mode: 0,
  speed_signed_kmh: 0.001,
  total_distance_m: 1,
  trip_distance_m: 10,
  trip_distance_left_km: 0.01,
  uptime_sec: 1,
  frame_temp: 0.1,
  'battery_info.capacity': 1,
  'battery_info.percent': 1,
  'battery_info.current': 0.01,
  'battery_info.voltage': 0.01,
  'battery_info.temperature_1': 1,
  'battery_info.temperature_2': 1,
};
/** Largest values of registers that wrap: the trip has 16 bits of 10 m, the uptime 16 bits of seconds. */
const WRAPS: Readonly<Record<string, number>> = { trip_distance_m: 655_360, uptime_sec: 65_536 };

/** Exceeds rounding errors of the sums and of the trace. */
const ROUNDING = 2e-4;

export const REPLY_TRUTH_RULE: Rule = {
  checks:
    'Speed, distances, temperatures, battery, uptime, mode and codes that the oracle reads from a reply of the scooter',
  bound: 'those of the ride, ± the resolution of the register',
  excuses: [],
};

/** Compares what a reply says with what the scooter is doing, for errors that client and virtual scooter share. */
export function untrueValue(
  { device, register, data, truth }: EventOf<'reply.sent'>,
  model: ScooterModel,
): Mismatch | undefined {
  if (!truth) return undefined;
  const memory = new RegisterMemory();
  memory.store(device === 'esc' ? 'ESC' : 'BMS', register, Buffer.from(data, 'hex'));
  for (const { path, read } of SCOOTER_FIELDS) {
    const value = truth[path];
    // Undefined if the reply does not contain it.
    const said = value === undefined ? undefined : read(memory, model);
    if (value === undefined || typeof said !== 'number') continue;
    const difference = Math.abs(said - (value % (WRAPS[path] ?? Infinity)));
    if (difference <= (TOLERANCES[path] ?? 0) + ROUNDING) continue;
    return { path, expected: `${formatValue(value)} of the ride`, published: formatValue(said) };
  }
  return undefined;
}
