import { byteAddress, encodeRegister } from '../../../protocol/registers/codec.ts';
import { BLOCKS, type Block } from '../../../protocol/registers/table.ts';

/** Number of polls after which the values repeat, because they have to fit into their registers. */
const PERIOD = 1_000;

/** Register values in one poll cycle, which differ from poll to poll. */
export function readings(count: number) {
  const poll = count % PERIOD;
  return {
    live: {
      error: 0,
      warning: 0,
      status: 0x0800,
      mode: 2,
      batteryPercent: 63,
      speedKmh: (12_345 + poll) / 1000,
      averageSpeedKmh: 10,
      odometerM: 1_306_083 + 17 * poll,
      tripM: 10 * poll,
      uptimeS: 88 + 5 * poll,
      frameTemperatureC: 18.1,
    },
    battery: {
      remainingMah: 7417 - poll,
      chargePercent: 63,
      currentA: 8.86,
      voltageV: 35.25,
      temperature1C: 18,
      temperature2C: 19,
    },
    range: { remainingRangeKm: 26.1 },
  };
}

export type Readings = ReturnType<typeof readings>;

/** Encodes the values of a block, in hex. */
export function replyData(name: keyof Readings, values: Readonly<Record<string, number>>): string {
  const block: Block = BLOCKS[name];
  const bytes = Buffer.alloc(block.bytes);
  for (const [key, row] of Object.entries(block.rows)) {
    encodeRegister(row, values[key] ?? NaN).copy(bytes, byteAddress(row) - 2 * block.register);
  }
  return bytes.toString('hex');
}

/** Values of one poll cycle; null for a block without a reply. */
export type PolledReadings = { readonly [Name in keyof Readings]: Readings[Name] | null };

/** The published fields of these values before those of the position, according to docs/topics.md. */
export function publishedReadings({ live, battery, range }: PolledReadings) {
  return {
    speed_kmh: live && Math.max(0, live.speedKmh),
    total_distance_m: live?.odometerM ?? null,
    trip_distance_m: live?.tripM ?? null,
    trip_distance_left_km: range?.remainingRangeKm ?? null,
    uptime_sec: live?.uptimeS ?? null,
    frame_temp: live?.frameTemperatureC ?? null,
    battery_info: {
      capacity: battery?.remainingMah ?? null,
      percent: battery?.chargePercent ?? null,
      current: battery?.currentA ?? null,
      voltage: battery?.voltageV ?? null,
      temperature_1: battery?.temperature1C ?? null,
      temperature_2: battery?.temperature2C ?? null,
    },
  };
}

/** The published fields that follow the others. */
export function furtherReadings({ live }: PolledReadings) {
  return {
    error: live?.error ?? null,
    warning: live?.warning ?? null,
    locked: live && false,
    mode: live?.mode ?? null,
    speed_signed_kmh: live?.speedKmh ?? null,
  };
}
