import { limitsOf } from '../../protocol/registers/codec.ts';
import { BATTERY_STATUS } from '../../protocol/registers/codes.ts';
import type { NumberRow } from '../../protocol/registers/row.ts';
import { REGISTERS } from '../../protocol/registers/table.ts';
import type { ScooterModel } from '../models/model.ts';
import { MODELS } from '../models/models.ts';
import type { RideState } from '../ride/ride-state.ts';
import type { RegisterValues } from './register-bank.ts';
import { wholePercent } from './whole-percent.ts';

/** Ratio of the conservative range to the remaining range. */
const CONSERVATIVE_FACTOR = 0.8;

/** Limits above which the battery reports it; assumed. */
const OVER_VOLTAGE_V = 4.25;
const OVER_TEMPERATURE_C = 60;
/** Ratio of the current in the motor's phases to that of the battery; assumed. */
const PHASE_CURRENT_RATIO = 1.4;
/** Extremes from the time before the ride, as a used battery has them in its memory; assumed. */
const EARLIER = {
  highestVoltageV: 41.98,
  highestDischargeA: 24.6,
  highestChargeA: 9.4,
} as const;
/** Mean speed of the distance before the ride, from which its riding time is derived; assumed. */
const EARLIER_MPS = 4.5;

const { esc } = REGISTERS;

/** Converts the state of a ride to the values of sensor and counter registers. */
export function telemetry(state: RideState, model: ScooterModel = MODELS.pro2): RegisterValues {
  return new TelemetryRegisters(state, model);
}

/** Register values, computed lazily because a read concerns only one device. */
class TelemetryRegisters implements RegisterValues {
  readonly #state: RideState;
  readonly #model: ScooterModel;

  constructor(state: RideState, model: ScooterModel) {
    this.#state = state;
    this.#model = model;
  }

  get esc(): NonNullable<RegisterValues['esc']> {
    const state = this.#state;
    const { conditions } = state;
    return {
      error: conditions.error,
      warning: state.warning,
      status: this.#model.restingStatus | state.status,
      mode: conditions.mode,
      modeSetting: conditions.mode,
      kers: conditions.kers,
      cruise: Number(conditions.hasCruise),
      tailLight: conditions.tailLight,
      speedLimit: Number(conditions.isSpeedLimited),
      batteryPercent: wholePercent(state.batteryPercent),
      speedKmh: state.speedKmh,
      averageSpeedKmh: state.averageSpeedKmh,
      odometerM: this.#counter(esc.odometerM, state.odometerM),
      tripM: this.#counter(esc.tripM, state.tripM),
      uptimeS: this.#counter(esc.uptimeS, state.uptimeS),
      rideTimeS: this.#counter(esc.rideTimeS, state.ridingS),
      totalRunTimeS: this.#counter(esc.totalRunTimeS, state.startOdometerM / EARLIER_MPS + state.totalS),
      totalRideTimeS: this.#counter(
        esc.totalRideTimeS,
        state.startOdometerM / EARLIER_MPS + state.totalRidingS,
      ),
      phaseCurrentA: state.currentA * PHASE_CURRENT_RATIO * Math.sign(Math.abs(state.speedKmh)),
      frameTemperatureC: state.frameTemperatureC,
      remainingRangeKm: state.remainingRangeKm,
      conservativeRangeKm: state.remainingRangeKm * CONSERVATIVE_FACTOR,
    };
  }

  get bms(): NonNullable<RegisterValues['bms']> {
    const state = this.#state;
    const [temperature1C, temperature2C] = state.batteryTemperaturesC;
    const { highestVoltageV, highestDischargeA, highestChargeA } = state.extremes;
    const values: Record<string, number> = {
      status: batteryStatus(state, this.#model),
      remainingMah: state.remainingMah,
      chargePercent: wholePercent(state.batteryPercent),
      currentA: state.currentA,
      voltageV: state.voltageV,
      temperature1C,
      temperature2C,
      cycles: this.#model.cycles + Math.floor(state.cycles),
      chargeCount: this.#model.charges + state.chargeCount,
      highestVoltageV: Math.max(EARLIER.highestVoltageV, highestVoltageV),
      highestDischargeCurrentA: Math.max(EARLIER.highestDischargeA, highestDischargeA),
      highestChargeCurrentA: Math.max(EARLIER.highestChargeA, highestChargeA),
    };
    state.cellsV.forEach((volts, index) => (values[`cell${index + 1}V`] = volts));
    return values;
  }

  /** Value of a counter: rounded down to whole steps, and wrapped at the size of its register. */
  #counter(row: NumberRow, value: number): number {
    const { max, step } = limitsOf(row, this.#model);
    return (Math.floor(value / step) * step) % (max + step);
  }
}

function batteryStatus(state: RideState, model: ScooterModel): number {
  const { conditions, cellsV, batteryTemperaturesC } = state;
  const { idle, charging } = model.batteryStatus;
  return (
    (conditions.isCharging ? charging : idle) |
    (Math.max(...cellsV) > OVER_VOLTAGE_V ? BATTERY_STATUS.overVoltage : 0) |
    (Math.max(...batteryTemperaturesC) > OVER_TEMPERATURE_C ? BATTERY_STATUS.overTemperature : 0)
  );
}
