import type { ScooterModel } from '../models/model.ts';
import type { Motion, Segment, PlacedSegment } from './motion.ts';
import { findLastStarted } from './binary-search.ts';

/** Charge at which the ride ends, in percent. */
export const RESERVE_PERCENT = 10;

/** Current of electronics and lights while the scooter is on, in A. */
const IDLE_CURRENT_A = 0.1;
/** Current for rolling resistance and drag, modelled as proportional to the speed, in A per km/h. */
const DRAG_A_PER_KMH = 0.25;
/** Current drawn by acceleration, and returned by regenerative braking, in A per (km/h)²/s. */
const ACCELERATION_A = 0.18;
const REGENERATION_A = 0.13;
/** Charge of one ampere-second, in mAh. */
const MAH_PER_AS = 1 / 3.6;

/** Open-circuit voltage of a lithium cell over its state of charge (0 to 1), fitted to captures of a Pro 2. */
const RESTING_CELL: readonly (readonly [charge: number, volts: number])[] = [
  [0, 3.05],
  [0.1, 3.42],
  [0.35, 3.56],
  [0.63, 3.676],
  [0.85, 3.92],
  [1, 4.12],
];
/** Internal resistance of a cell group, fitted to the voltage sag in captures (ten in series). */
const CELL_RESISTANCE_OHM = 0.017;
/** Deviation of each of the ten cell groups in series from their mean, in V. */
const CELL_OFFSETS_V = [0.002, -0.001, 0.003, 0, -0.004, 0.001, -0.002, 0.004, -0.003, 0];

/** State of the battery at one moment, unrounded. */
export interface BatteryState {
  readonly remainingMah: number;
  /** State of charge, 0 to 100. */
  readonly percent: number;
  /** Negative while regenerative braking charges the battery. */
  readonly currentA: number;
  /** Sum of `cellsV`. */
  readonly voltageV: number;
  readonly cellsV: readonly number[];
}

/** Mean current of a segment, in A; negative if braking returns more than the scooter draws. */
export function currentA({ seconds, fromKmh, toKmh }: Segment): number {
  const meanKmh = (fromKmh + toKmh) / 2;
  // The motor does not drive the scooter backwards.
  if (meanKmh <= 0) return IDLE_CURRENT_A;
  const kmhPerS = (toKmh - fromKmh) / seconds;
  return (
    IDLE_CURRENT_A + meanKmh * (DRAG_A_PER_KMH + kmhPerS * (kmhPerS > 0 ? ACCELERATION_A : REGENERATION_A))
  );
}

function restingCellV(charge: number): number {
  const [fromCharge, fromV] = findLastStarted(RESTING_CELL, ([start]) => start, charge);
  const [toCharge, toV] = RESTING_CELL.find(([start]) => start > charge) ?? [1, fromV];
  return toCharge > fromCharge
    ? fromV + ((toV - fromV) * (charge - fromCharge)) / (toCharge - fromCharge)
    : toV;
}

/** Exceeds the rounding error of a long ride. */
const ROUNDING_MAH = 1e-6;

/** Current of a segment, and the charge drawn in its cycle before it. */
interface SegmentDraw {
  readonly segment: PlacedSegment;
  readonly currentA: number;
  readonly beforeMah: number;
}

/** Battery that drives a motion until its charge falls to the reserve. */
export class Battery {
  /** Time until the reserve is reached, in seconds; 0 if the battery starts at or below it. */
  readonly durationS: number;
  readonly mahPerKm: number;
  readonly #fullMah: number;
  readonly #startMah: number;
  readonly #motion: Motion;
  readonly #draws: readonly SegmentDraw[];
  readonly #mahPerCycle: number;

  /**
   * @param startPercent charge when the motion begins, 0 to 100
   * @throws RangeError if the charge is not a percentage, or the motion uses no charge
   */
  constructor(model: ScooterModel, motion: Motion, startPercent: number) {
    if (!(startPercent >= 0 && startPercent <= 100)) {
      throw new RangeError(`startPercent must be 0 to 100, not ${startPercent}`);
    }
    this.#motion = motion;
    this.#fullMah = model.fullCapacityMah;
    this.#startMah = (this.#fullMah * startPercent) / 100;
    let cycleMah = 0;
    this.#draws = motion.segments.map((segment) => {
      const draw = { segment, currentA: currentA(segment), beforeMah: cycleMah };
      cycleMah += draw.currentA * segment.seconds * MAH_PER_AS;
      return draw;
    });
    this.#mahPerCycle = cycleMah;
    this.mahPerKm = (cycleMah / motion.cycle.forwardDistanceM) * 1000;
    if (!(this.mahPerKm > 0)) throw new RangeError('the ride uses no charge, so it has no range');
    this.durationS = this.#secondsUntilDrawn(this.#startMah - (this.#fullMah * RESERVE_PERCENT) / 100);
  }

  /** State after `elapsedS` seconds of the motion. The battery is idle from `durationS` on. */
  at(elapsedS: number): BatteryState {
    const { usedMah, currentA } = this.#dischargeAt(Math.min(elapsedS, this.durationS));
    const actualA = elapsedS < this.durationS ? currentA : 0;
    const remainingMah = this.#startMah - usedMah;
    const cellV = restingCellV(remainingMah / this.#fullMah) - actualA * CELL_RESISTANCE_OHM;
    const cellsV = CELL_OFFSETS_V.map((offsetV) => cellV + offsetV);
    return {
      remainingMah,
      percent: (remainingMah / this.#fullMah) * 100,
      currentA: actualA,
      voltageV: cellsV.reduce((sum, volts) => sum + volts),
      cellsV,
    };
  }

  #dischargeAt(elapsedS: number): { usedMah: number; currentA: number } {
    const { cycle, segment, elapsedInSegmentS } = this.#motion.positionAt(elapsedS);
    const { currentA = 0, beforeMah = 0 } = this.#draws[segment.index] ?? {};
    return {
      usedMah: cycle * this.#mahPerCycle + beforeMah + currentA * elapsedInSegmentS * MAH_PER_AS,
      currentA,
    };
  }

  /** Time at which `mah` have first been drawn. Braking returns charge, so a cycle peaks before its end. */
  #secondsUntilDrawn(mah: number): number {
    if (mah <= 0) return 0;
    const afterMah = ({ segment, currentA, beforeMah }: SegmentDraw) =>
      beforeMah + currentA * segment.seconds * MAH_PER_AS;
    const peakMah = Math.max(...this.#draws.map(afterMah));
    const cycles = Math.max(0, Math.ceil((mah - peakMah) / this.#mahPerCycle));
    const remainingMah = mah - cycles * this.#mahPerCycle;
    const crossing = this.#draws.find((draw) => afterMah(draw) >= remainingMah - ROUNDING_MAH);
    if (crossing === undefined) throw new RangeError(`no cycle of the ride uses ${remainingMah} mAh`);
    const { segment, currentA, beforeMah } = crossing;
    const elapsedInSegmentS = (remainingMah - beforeMah) / (currentA * MAH_PER_AS);
    return cycles * this.#motion.cycle.seconds + segment.startS + Math.max(0, elapsedInSegmentS);
  }
}
