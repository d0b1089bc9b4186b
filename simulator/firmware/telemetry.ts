import { DEFAULT_UNITS, type ModelUnits } from '../../protocol/models.ts';
import { limitsOf } from '../../protocol/registers/codec.ts';
import type { NumberRow } from '../../protocol/registers/row.ts';
import { REGISTERS } from '../../protocol/registers/table.ts';
import type { RideState } from '../ride/ride.ts';
import type { RegisterValues } from './register-bank.ts';

/** The range that the scooter is sure of, as a share of the one it expects. */
const CONSERVATIVE_SHARE = 0.8;

const { esc } = REGISTERS;

/** What the scooter's sensors and counters make of a ride. */
export function telemetry(state: RideState, units: ModelUnits = DEFAULT_UNITS): RegisterValues {
  const counted = (row: NumberRow, value: number): number => counterReading(row, value, units);
  const [temperature1C, temperature2C] = state.batteryTemperaturesC;
  return {
    esc: {
      batteryPercent: state.batteryPercent,
      speedKmh: state.speedKmh,
      averageSpeedKmh: state.averageSpeedKmh,
      odometerM: counted(esc.odometerM, state.odometerM),
      tripM: counted(esc.tripM, state.tripM),
      uptimeS: counted(esc.uptimeS, state.uptimeS),
      rideTimeS: counted(esc.rideTimeS, state.ridingS),
      frameTemperatureC: state.frameTemperatureC,
      remainingRangeKm: state.remainingRangeKm,
      conservativeRangeKm: state.remainingRangeKm * CONSERVATIVE_SHARE,
    },
    bms: {
      remainingMah: state.remainingMah,
      chargePercent: state.batteryPercent,
      currentA: state.currentA,
      voltageV: state.voltageV,
      temperature1C,
      temperature2C,
      ...Object.fromEntries(state.cellsV.map((volts, index) => [`cell${index + 1}V`, volts])),
    },
  };
}

/** Counters count what is complete, and begin again at zero when their register is full. */
function counterReading(row: NumberRow, value: number, units: ModelUnits): number {
  const { max, step } = limitsOf(row, units);
  return (Math.floor(value / step) * step) % (max + step);
}
