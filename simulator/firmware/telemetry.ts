import { DEFAULT_UNITS, type ModelUnits } from '../../protocol/models.ts';
import { limitsOf } from '../../protocol/registers/codec.ts';
import type { NumberRow } from '../../protocol/registers/row.ts';
import { REGISTERS } from '../../protocol/registers/table.ts';
import type { RideState } from '../ride/ride.ts';
import type { RegisterValues } from './register-bank.ts';

/** The range that the scooter is sure of, as a share of the one it expects. */
const CONSERVATIVE_FACTOR = 0.8;

const { esc } = REGISTERS;

/** What the scooter's sensors and counters make of a ride. */
export function telemetry(state: RideState, units: ModelUnits = DEFAULT_UNITS): RegisterValues {
  return new TelemetryRegisters(state, units);
}

/** A device measures only when it is asked: a read asks one of them. */
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

  /** Counters count what is complete, and begin again at zero when their register is full. */
  #counter(row: NumberRow, value: number): number {
    const { max, step } = limitsOf(row, this.#units);
    return (Math.floor(value / step) * step) % (max + step);
  }
}
