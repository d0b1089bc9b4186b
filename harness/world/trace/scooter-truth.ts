import type { RideState } from '../../../simulator/ride/ride-state.ts';

/** True values of a scooter, by the fields of a sample that show them. */
export type ScooterTruth = Readonly<Record<string, number>>;

/** Registers of one device that the client polls. */
interface TruthRow {
  readonly device: string;
  readonly registers: readonly [first: number, last: number];
  readonly of: (state: RideState) => ScooterTruth;
}

const DIGITS = 4;

/** Source of the addresses: CamiAlfa's captures of an m365; not the table of the client. */
const ROWS: readonly TruthRow[] = [
  {
    device: 'esc',
    registers: [0xb0, 0xbf],
    of: ({ conditions, warning, speedKmh, odometerM, tripM, uptimeS, frameTemperatureC }) => ({
      error: conditions.error,
      warning,
      mode: conditions.mode,
      speed_signed_kmh: speedKmh,
      total_distance_m: odometerM,
      trip_distance_m: tripM,
      uptime_sec: uptimeS,
      frame_temp: frameTemperatureC,
    }),
  },
  {
    device: 'esc',
    registers: [0x25, 0x25],
    of: ({ remainingRangeKm }) => ({ trip_distance_left_km: remainingRangeKm }),
  },
  {
    device: 'bms',
    registers: [0x31, 0x35],
    of: ({ remainingMah, batteryPercent, currentA, voltageV, batteryTemperaturesC: [first, second] }) => ({
      'battery_info.capacity': remainingMah,
      'battery_info.percent': batteryPercent,
      'battery_info.current': currentA,
      'battery_info.voltage': voltageV,
      'battery_info.temperature_1': first,
      'battery_info.temperature_2': second,
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
  if (!row) return undefined;
  const values = Object.entries(row.of(state()));
  return Object.fromEntries(values.map(([path, value]) => [path, Number(value.toFixed(DIGITS))]));
}
