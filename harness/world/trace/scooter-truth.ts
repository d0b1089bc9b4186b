import type { RideState } from '../../../simulator/ride/ride-state.ts';

/** True values of a scooter, by the fields of a sample that show them. */
export type ScooterTruth = Readonly<Record<string, number>>;

/** Registers of one device that the client polls. */
interface TruthRow {
  readonly device: string;
  readonly registers: readonly [first: number, last: number];
  readonly of: (state: RideState) => ScooterTruth;
}

/** Number of decimals. */
const DIGITS = 4;

/** Source of the addresses: CamiAlfa's captures of an m365; not the table of the client. */
const ROWS: readonly TruthRow[] = [
  {
    device: 'esc',
    registers: [0xb0, 0xbf],
    of: ({ conditions, warning, speedKmh, odometerM, tripM, uptimeS, frameTemperatureC }) => ({
      error: rounded(conditions.error),
      warning: rounded(warning),
      mode: rounded(conditions.mode),
      speed_signed_kmh: rounded(speedKmh),
      total_distance_m: rounded(odometerM),
      trip_distance_m: rounded(tripM),
      uptime_sec: rounded(uptimeS),
      frame_temp: rounded(frameTemperatureC),
    }),
  },
  {
    device: 'esc',
    registers: [0x25, 0x25],
    of: ({ remainingRangeKm }) => ({ trip_distance_left_km: rounded(remainingRangeKm) }),
  },
  {
    device: 'bms',
    registers: [0x31, 0x35],
    of: ({ remainingMah, batteryPercent, currentA, voltageV, batteryTemperaturesC: [first, second] }) => ({
      'battery_info.capacity': rounded(remainingMah),
      'battery_info.percent': rounded(batteryPercent),
      'battery_info.current': rounded(currentA),
      'battery_info.voltage': rounded(voltageV),
      'battery_info.temperature_1': rounded(first),
      'battery_info.temperature_2': rounded(second),
    }),
  },
];

/** What a scooter is doing that the reply to a read from `register` on shows; undefined for registers that are not polled. */
export function scooterTruth(
  device: string,
  register: number,
  state: () => RideState,
): ScooterTruth | undefined {
  const row = ROWS.find(
    ({ device: of, registers: [first, last] }) => of === device && register >= first && register <= last,
  );
  return row?.of(state());
}

function rounded(value: number): number {
  return Number(value.toFixed(DIGITS));
}
