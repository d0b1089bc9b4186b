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
const CELL_OFFSETS_V: readonly number[] = [0.002, -0.001, 0.003, 0, -0.004, 0.001, -0.002, 0.004, -0.003, 0];
/** Voltage up to which the battery takes energy that is recovered: 4.2 V per cell, the usual limit of lithium cells. */
const MAX_PACK_V = 42;
/** Charge above which the charger reduces its current; assumed. */
const TAPER_FROM = 0.95;
/** Time in which 63 % of the grouping of the cells appears at the charger, and fades without it; assumed. */
const GROUPING_S = 600;
/** Part of the charger's current at which it switches off; assumed. */
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

/** Power in W that the battery takes for `seconds`: less near its greatest voltage, and none if no charge is missing. */
export function acceptedPowerW(restingV: number, missingMah: number, seconds: number): number {
  const voltageA = (MAX_PACK_V - restingV) / PACK_RESISTANCE_OHM;
  const currentA = Math.max(0, Math.min(voltageA, missingMah / MAH_PER_AS / seconds));
  return currentA * (restingV + currentA * PACK_RESISTANCE_OHM);
}

/** Part of the charger's current that flows into a battery: all of it, then less, then none when it is full. */
export function chargingShare(charge: number): number {
  return charge < 1 ? Math.min(1, Math.max(CUT_OFF, (1 - charge) / (1 - TAPER_FROM))) : 0;
}

/** Voltages of the cell groups under a current in A, spread around their mean by `offsetsV`. */
export function cellVoltages(restingV: number, currentA: number, offsetsV = CELL_OFFSETS_V): number[] {
  const cellV = restingV / CELLS - currentA * CELL_RESISTANCE_OHM;
  return offsetsV.map((offsetV) => cellV + offsetV);
}

/**
 * Deviations of the cell groups from their mean, at a share (0 to 1) of the grouping that was captured at the charger.
 */
export function cellOffsets(chargingOffsetsV: readonly number[], grouping: number): readonly number[] {
  const part = Math.min(1, Math.max(0, grouping));
  return CELL_OFFSETS_V.map(
    (offsetV, cell) => offsetV + part * ((chargingOffsetsV[cell] ?? offsetV) - offsetV),
  );
}

/**
 * Share of the captured grouping after `seconds` at a share of the charger's current. It follows the current slowly, as
 * polarisation does: if the groups' resistances differed, so would their voltages under load, by ten times as much.
 */
export function groupingAfter(from: number, share: number, seconds: number): number {
  return share + (from - share) * Math.exp(-seconds / GROUPING_S);
}

/** Differences of captured cell voltages from their mean. */
export function offsetsOf(cellsV: readonly number[]): number[] {
  const meanV = cellsV.reduce((sum, volts) => sum + volts) / cellsV.length;
  return cellsV.map((volts) => volts - meanV);
}
