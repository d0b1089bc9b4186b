import { formatSeconds, type Tally } from './tally.ts';

/** Limits of a backoff: pauses are random between `minMs` and a cap that doubles from `minMs` up to `maxMs`. */
export interface BackoffLimits {
  readonly minMs: number;
  readonly maxMs: number;
}

/** A pause between two attempts, as far as it can be observed. */
export interface Pause {
  /** The earliest and the latest time at which the attempt before may have ended; Infinity if nothing limits it. */
  readonly earliestMs: number;
  readonly latestMs: number;
  /** Time of the next attempt. */
  readonly toMs: number;
  /** Whether the backoff has started from its minimum again before this pause. */
  readonly reset: 'none' | 'possible' | 'certain';
  /** Whether something else may have ended the pause early. */
  readonly mayBeCutShort: boolean;
  /** Whether retrying was useless, so that the longest pause applies. */
  readonly longest: 'no' | 'possible' | 'certain';
}

/** What is wrong with a pause. */
export interface PauseProblem {
  readonly what: 'too short' | 'too long' | 'too short again and again';
  readonly bound: string;
  readonly measuredMs: number;
}

/** Result of checking a pause. */
export interface CheckedPause {
  readonly problem: PauseProblem | undefined;
  readonly longestMs: number;
}

/** Timers truncate fractions of a millisecond, and the end of an attempt takes a moment to be noticed. */
export const PAUSE_TOLERANCE_MS = 50;
/** Pauses so short that chance explains them in fewer than one of this many cases are no chance. */
const MIN_PROBABILITY = 1e-10;
/** Number of pauses that are judged together at most. */
const MAX_TOGETHER = 30;

/**
 * Checks one pause after the other against the documented backoff. Each one is within its limits; and because many short
 * ones in a row are possible but improbable, the last ones are also judged together: the shares of the permitted range
 * that they took are independent and uniform, so that −2 Σ ln share follows a χ² distribution (Fisher's method).
 */
export class PauseChecker {
  readonly #limits: BackoffLimits;
  /** What the cap is at least and at most. */
  #capMs: { readonly least: number; readonly most: number };
  #logs: number[] = [];

  constructor(limits: BackoffLimits) {
    this.#limits = limits;
    this.#capMs = { least: limits.minMs, most: limits.minMs };
  }

  /** Checks the next pause. @returns what is wrong with it, and the longest that it may have taken */
  check(pause: Pause): CheckedPause {
    this.#apply(pause);
    const problem = this.#problemOf(pause);
    const longestMs = this.#capMs.most;
    const { maxMs } = this.#limits;
    const next = (capMs: number): number => Math.min(2 * capMs, maxMs);
    this.#capMs = { least: next(this.#capMs.least), most: next(this.#capMs.most) };
    return { problem, longestMs };
  }

  /** The next cap may be any: attempts or pauses were not observed. */
  lost(): void {
    const { minMs, maxMs } = this.#limits;
    this.#capMs = { least: minMs, most: maxMs };
  }

  /** The backoff may start from its minimum again. */
  mayHaveBeenReset(): void {
    this.#capMs = { ...this.#capMs, least: this.#limits.minMs };
  }

  #apply({ reset, longest }: Pause): void {
    const { minMs, maxMs } = this.#limits;
    if (reset === 'certain') this.#capMs = { least: minMs, most: minMs };
    else if (reset === 'possible') this.#capMs = { ...this.#capMs, least: minMs };
    if (longest === 'certain') this.#capMs = { least: maxMs, most: maxMs };
    else if (longest === 'possible') this.#capMs = { ...this.#capMs, most: maxMs };
  }

  #problemOf({ earliestMs, latestMs, toMs, mayBeCutShort, longest }: Pause): PauseProblem | undefined {
    const { minMs, maxMs } = this.#limits;
    const { least, most } = this.#capMs;
    const atMostMs = toMs - earliestMs;
    const atLeastMs = toMs - latestMs;
    const leastMs = longest === 'certain' ? maxMs : minMs;
    if (atLeastMs > most + PAUSE_TOLERANCE_MS)
      return { what: 'too long', bound: `at most ${formatSeconds(most)}`, measuredMs: atLeastMs };
    if (mayBeCutShort) return undefined;
    if (atMostMs + PAUSE_TOLERANCE_MS < leastMs)
      return { what: 'too short', bound: `at least ${formatSeconds(leastMs)}`, measuredMs: atMostMs };
    if (longest === 'certain' || least - minMs <= PAUSE_TOLERANCE_MS) return undefined;
    const share = (atMostMs + PAUSE_TOLERANCE_MS - minMs) / (least - minMs);
    this.#logs = [...this.#logs, -Math.log(Math.min(1, share))].slice(-MAX_TOGETHER);
    if (!isImprobable(this.#logs)) return undefined;
    this.#logs = [];
    return {
      what: 'too short again and again',
      bound: `random between ${formatSeconds(minMs)} and ${formatSeconds(least)}, with a doubled cap after each`,
      measuredMs: atMostMs,
    };
  }
}

/** Whether the latest shares are too small, for any number of them, to be chance. @param logs −ln of each share */
function isImprobable(logs: readonly number[]): boolean {
  let sum = 0;
  return logs.toReversed().some((log, index) => {
    sum += log;
    return gammaTail(index + 1, sum) < MIN_PROBABILITY;
  });
}

/** The probability that the sum of `count` exponential numbers with a mean of 1 exceeds `sum`. */
function gammaTail(count: number, sum: number): number {
  let term = Math.exp(-sum);
  let total = 0;
  for (let index = 0; index < count; index++) {
    total += term;
    term *= sum / (index + 1);
  }
  return total;
}

/** Adds what is wrong with a pause. @param before what follows the pause */
export function addPauseProblem(
  tally: Tally,
  before: string,
  toMs: number,
  { what, bound, measuredMs }: PauseProblem,
): void {
  tally.addViolation({
    atMs: toMs,
    what: `the pause before ${before} was ${what}`,
    bound,
    measured: formatSeconds(measuredMs),
  });
}
