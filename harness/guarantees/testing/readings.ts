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

/** The published fields of these values, according to docs/topics.md. */
export function publishedReadings({ live, battery, range }: Readings) {
  return {
    speed_kmh: Math.max(0, live.speedKmh),
    total_distance_m: live.odometerM,
    trip_distance_m: live.tripM,
    trip_distance_left_km: range.remainingRangeKm,
    uptime_sec: live.uptimeS,
    frame_temp: live.frameTemperatureC,
    battery_info: {
      capacity: battery.remainingMah,
      percent: battery.chargePercent,
      current: battery.currentA,
      voltage: battery.voltageV,
      temperature_1: battery.temperature1C,
      temperature_2: battery.temperature2C,
    },
    error: live.error,
    warning: live.warning,
    locked: false,
    mode: live.mode,
    speed_signed_kmh: live.speedKmh,
  };
}
