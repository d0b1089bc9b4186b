import type { ScooterModel } from './models.ts';
import type { Motion, Segment, Stretch } from './motion.ts';
import { lastStarted } from './search.ts';

/** With this much left the ride ends, in percent. */
export const RESERVE_PERCENT = 10;

/** What the electronics and lights draw while the scooter is switched on for riding, in A. */
const IDLE_A = 0.1;
/** Rolling resistance and drag, taken as proportional to the speed, in A per km/h. */
const DRAG_A_PER_KMH = 0.25;
/** What speeding up costs and slowing down gives back, in A per km/h and km/h per second. */
const SPEEDING_UP_A = 0.18;
const SLOWING_DOWN_A = 0.13;
/** mAh per A and second. */
const MAH_PER_AS = 1 / 3.6;

/** Voltage of a resting lithium cell against its charge (0 to 1), shaped after captures of a Pro 2. */
const RESTING_CELL: readonly (readonly [charge: number, volts: number])[] = [
  [0, 3.05],
  [0.1, 3.42],
  [0.35, 3.56],
  [0.63, 3.676],
  [0.85, 3.92],
  [1, 4.12],
];
/** Inner resistance of a cell group; ten of them explain the sag in captures. */
const CELL_OHM = 0.017;
/** How far each of the ten cell groups in series lies from their mean, in V. */
const CELL_SPREAD_V = [0.002, -0.001, 0.003, 0, -0.004, 0.001, -0.002, 0.004, -0.003, 0];

/** The battery at one moment, unrounded. */
export interface BatteryState {
  readonly remainingMah: number;
  /** Remaining charge of a full one, 0 to 100. */
  readonly percent: number;
  /** Negative while braking charges the battery. */
  readonly currentA: number;
  /** The sum of the cells. */
  readonly voltageV: number;
  readonly cellsV: readonly number[];
}

/** Mean current of a segment, in A; negative when braking gives back more than the scooter draws. */
export function currentA({ seconds, fromKmh, toKmh }: Segment): number {
  const meanKmh = (fromKmh + toKmh) / 2;
  // Rolled backwards, the scooter is not driven by its motor.
  if (meanKmh <= 0) return IDLE_A;
  const kmhPerS = (toKmh - fromKmh) / seconds;
  return IDLE_A + meanKmh * (DRAG_A_PER_KMH + kmhPerS * (kmhPerS > 0 ? SPEEDING_UP_A : SLOWING_DOWN_A));
}

function restingCellV(charge: number): number {
  const [fromCharge, fromV] = lastStarted(RESTING_CELL, ([start]) => start, charge);
  const [toCharge, toV] = RESTING_CELL.find(([start]) => start > charge) ?? [1, fromV];
  return toCharge > fromCharge
    ? fromV + ((toV - fromV) * (charge - fromCharge)) / (toCharge - fromCharge)
    : toV;
}

/** More than the arithmetic of a long ride errs by. */
const ROUNDING_MAH = 1e-6;

/** What a stretch of the motion draws, and what its round had drawn before it. */
interface Draw {
  readonly stretch: Stretch;
  readonly currentA: number;
  readonly beforeMah: number;
}

/** The battery that drives a motion, until its reserve is reached. */
export class Battery {
  /** Seconds of the motion after which only the reserve is left; 0 if there was no more at the start. */
  readonly lastsS: number;
  readonly mahPerKm: number;
  readonly #fullMah: number;
  readonly #startMah: number;
  readonly #motion: Motion;
  readonly #draws: readonly Draw[];
  readonly #roundMah: number;

  /**
   * @param startPercent charge when the motion begins, 0 to 100
   * @throws RangeError if the charge is no percentage, or the motion does not draw on the battery
   */
  constructor(model: ScooterModel, motion: Motion, startPercent: number) {
    if (!(startPercent >= 0 && startPercent <= 100)) {
      throw new RangeError(`A battery is charged to 0 to 100 percent, not ${startPercent}`);
    }
    this.#motion = motion;
    this.#fullMah = model.fullCapacityMah;
    this.#startMah = (this.#fullMah * startPercent) / 100;
    let roundMah = 0;
    this.#draws = motion.stretches.map((stretch) => {
      const draw = { stretch, currentA: currentA(stretch), beforeMah: roundMah };
      roundMah += draw.currentA * stretch.seconds * MAH_PER_AS;
      return draw;
    });
    this.#roundMah = roundMah;
    this.mahPerKm = (roundMah / motion.round.forwardM) * 1000;
    if (!(this.mahPerKm > 0)) throw new RangeError('A ride that uses no charge has no range');
    this.lastsS = this.#secondsUntilUsed(this.#startMah - (this.#fullMah * RESERVE_PERCENT) / 100);
  }

  /** State after `elapsedS` seconds of the motion; from `lastsS` on nothing is drawn any more. */
  at(elapsedS: number): BatteryState {
    const { usedMah, currentA } = this.#drawnAt(Math.min(elapsedS, this.lastsS));
    const nowA = elapsedS < this.lastsS ? currentA : 0;
    const remainingMah = this.#startMah - usedMah;
    const cellV = restingCellV(remainingMah / this.#fullMah) - nowA * CELL_OHM;
    const cellsV = CELL_SPREAD_V.map((offV) => cellV + offV);
    return {
      remainingMah,
      percent: (remainingMah / this.#fullMah) * 100,
      currentA: nowA,
      voltageV: cellsV.reduce((sum, volts) => sum + volts),
      cellsV,
    };
  }

  #drawnAt(elapsedS: number): { usedMah: number; currentA: number } {
    const { round, stretch, sinceS } = this.#motion.placeAt(elapsedS);
    const { currentA = 0, beforeMah = 0 } = this.#draws[stretch.index] ?? {};
    return { usedMah: round * this.#roundMah + beforeMah + currentA * sinceS * MAH_PER_AS, currentA };
  }

  /** When `mah` have first been drawn. Braking gives some back, so the most within a round comes before its end. */
  #secondsUntilUsed(mah: number): number {
    if (mah <= 0) return 0;
    const afterMah = ({ stretch, currentA, beforeMah }: Draw) =>
      beforeMah + currentA * stretch.seconds * MAH_PER_AS;
    const peakMah = Math.max(...this.#draws.map(afterMah));
    const rounds = Math.max(0, Math.ceil((mah - peakMah) / this.#roundMah));
    const restMah = mah - rounds * this.#roundMah;
    const crossing = this.#draws.find((draw) => afterMah(draw) >= restMah - ROUNDING_MAH);
    if (crossing === undefined) throw new RangeError(`No round of the ride uses ${restMah} mAh`);
    const { stretch, currentA, beforeMah } = crossing;
    const intoS = (restMah - beforeMah) / (currentA * MAH_PER_AS);
    return rounds * this.#motion.round.seconds + stretch.startS + Math.max(0, intoS);
  }
}
