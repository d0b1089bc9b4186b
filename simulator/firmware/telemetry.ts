import { DEFAULT_UNITS, type ModelUnits } from '../../protocol/models.ts';
import { limitsOf } from '../../protocol/registers/codec.ts';
import type { NumberRow } from '../../protocol/registers/row.ts';
import { REGISTERS } from '../../protocol/registers/table.ts';
import type { RideState } from '../ride/ride.ts';
import type { RegisterValues } from './register-bank.ts';

/** Ratio of the conservative range to the remaining range. */
const CONSERVATIVE_FACTOR = 0.8;

const { esc } = REGISTERS;

/** Converts the state of a ride to the values of sensor and counter registers. */
export function telemetry(state: RideState, units: ModelUnits = DEFAULT_UNITS): RegisterValues {
  return new TelemetryRegisters(state, units);
}

/** Register values, computed lazily because a read concerns only one device. */
class TelemetryRegisters implements RegisterValues {
  readonly #state: RideState;
  readonly #units: ModelUnits;

  constructor(state: RideState, units: ModelUnits) {
    this.#state = state;
    this.#units = units;
  }

  get esc(): NonNullable<RegisterValues['esc']> {
    const state = this.#state;
    return {
      batteryPercent: state.batteryPercent,
      speedKmh: state.speedKmh,
      averageSpeedKmh: state.averageSpeedKmh,
      odometerM: this.#counter(esc.odometerM, state.odometerM),
      tripM: this.#counter(esc.tripM, state.tripM),
      uptimeS: this.#counter(esc.uptimeS, state.uptimeS),
      rideTimeS: this.#counter(esc.rideTimeS, state.ridingS),
      frameTemperatureC: state.frameTemperatureC,
      remainingRangeKm: state.remainingRangeKm,
      conservativeRangeKm: state.remainingRangeKm * CONSERVATIVE_FACTOR,
    };
  }

  get bms(): NonNullable<RegisterValues['bms']> {
    const state = this.#state;
    const [temperature1C, temperature2C] = state.batteryTemperaturesC;
    const values: Record<string, number> = {
      remainingMah: state.remainingMah,
      chargePercent: state.batteryPercent,
      currentA: state.currentA,
      voltageV: state.voltageV,
      temperature1C,
      temperature2C,
    };
    state.cellsV.forEach((volts, index) => (values[`cell${index + 1}V`] = volts));
    return values;
  }

  /** Value of a counter: rounded down to whole steps, and wrapped at the size of its register. */
  #counter(row: NumberRow, value: number): number {
    const { max, step } = limitsOf(row, this.#units);
    return (Math.floor(value / step) * step) % (max + step);
  }
}
