import { findLastStarted } from './binary-search.ts';

/** Open-circuit voltage of a lithium cell over its state of charge (0 to 1), fitted to captures of a Pro 2. */
const RESTING_CELL: readonly (readonly [charge: number, volts: number])[] = [
  [0, 3.05],
  [0.1, 3.42],
  [0.35, 3.56],
  [0.63, 3.676],
  [0.85, 3.92],
  [1, 4.12],
];
const CELLS = 10;
/** Internal resistance of a cell group, fitted to the voltage sag in captures. */
const CELL_RESISTANCE_OHM = 0.017;
/** Internal resistance of the ten cell groups in series. */
export const PACK_RESISTANCE_OHM = CELLS * CELL_RESISTANCE_OHM;
/** Charge of one ampere-second, in mAh. */
export const MAH_PER_AS = 1 / 3.6;

/** Deviation of each of the ten cell groups in series from their mean, in V. */
const CELL_OFFSETS_V = [0.002, -0.001, 0.003, 0, -0.004, 0.001, -0.002, 0.004, -0.003, 0];
/** The same while charging, in two groups, from a capture: 3820 3822 3823 3825 3819, 3846 3847 3850 3847 3849 mV. */
const CHARGING_CELL_OFFSETS_V = [3820, 3822, 3823, 3825, 3819, 3846, 3847, 3850, 3847, 3849].map(
  (millivolts) => (millivolts - 3834.8) / 1000,
);

/** Current of the charger, as captured: −1.73 A at 38.33 V. */
const CHARGER_A = 1.73;
/** Charge above which the charger reduces its current; assumed. */
const TAPER_FROM = 0.95;
/** Part of the full current at which it switches off; assumed. */
const CUT_OFF = 0.05;

/** Voltage of the ten cell groups without load. @param charge 0 to 1 */
export function restingPackV(charge: number): number {
  const [fromCharge, fromV] = findLastStarted(RESTING_CELL, ([start]) => start, Math.max(0, charge));
  const [toCharge, toV] = RESTING_CELL.find(([start]) => start > charge) ?? [1, fromV];
  const cellV =
    toCharge > fromCharge ? fromV + ((toV - fromV) * (charge - fromCharge)) / (toCharge - fromCharge) : toV;
  return CELLS * cellV;
}

/** Current in A at which the battery supplies a power in W; negative powers charge it. Limited to what it can supply. */
export function currentForPower(powerW: number, restingV: number): number {
  const discriminant = restingV * restingV - 4 * PACK_RESISTANCE_OHM * powerW;
  return (restingV - Math.sqrt(Math.max(0, discriminant))) / (2 * PACK_RESISTANCE_OHM);
}

/** Current while the charger is connected, in A: constant, then falling, then 0 when the battery is full. */
export function chargingCurrentA(charge: number): number {
  if (charge >= 1) return 0;
  return -CHARGER_A * Math.min(1, Math.max(CUT_OFF, (1 - charge) / (1 - TAPER_FROM)));
}

/** Voltages of the cell groups under a current in A. */
export function cellVoltages(restingV: number, currentA: number): number[] {
  const cellV = restingV / CELLS - currentA * CELL_RESISTANCE_OHM;
  return CELL_OFFSETS_V.map((offsetV) => cellV + offsetV);
}

/** The same at the charger, where the groups differ more. */
export function chargingCellVoltages(restingV: number, currentA: number): number[] {
  const cellV = restingV / CELLS - currentA * CELL_RESISTANCE_OHM;
  return CHARGING_CELL_OFFSETS_V.map((offsetV) => cellV + offsetV);
}
