import type { Delay, CheckResult, Violation } from './guarantee.ts';

/** A value measured against a bound, and the violation to report if the bound is exceeded. */
interface Measurement extends Violation {
  /** Measured value divided by the bound: more than 1 is a violation. */
  readonly share: number;
}

/** An event that had to happen within a time limit. */
interface Deadline {
  readonly atMs: number;
  readonly withinMs: number;
  /** Undefined if it did not happen. */
  readonly tookMs: number | undefined;
  readonly what: string;
}

/** Collects the checks and violations of a guarantee. */
export class Tally {
  readonly #violations: Violation[] = [];
  readonly #delays: Delay[] = [];
  #checks = 0;
  #closest: CheckResult['closest'];
  #closestShare = -Infinity;

  get result(): CheckResult {
    return {
      checks: this.#checks,
      closest: this.#closest,
      delays: this.#delays,
      violations: this.#violations,
    };
  }

  /** Counts checks without a measured value. */
  countChecks(count = 1): void {
    this.#checks += count;
  }

  /** Adds a violation. Its check is counted by {@link countChecks}. */
  addViolation(violation: Violation): void {
    this.#violations.push(violation);
  }

  /** Counts a check with a measured value, and adds a violation if it exceeds the bound. */
  addMeasurement(measurement: Measurement): void {
    this.#addCheck(measurement.share, () => measurement);
  }

  /** Counts a check of a time limit, and adds a violation if it was exceeded. */
  addDeadline({ atMs, withinMs, tookMs, what }: Deadline): void {
    this.#delays.push({ tookMs: tookMs ?? Infinity, withinMs });
    this.#addCheck(tookMs === undefined ? Infinity : tookMs <= 0 ? 0 : tookMs / withinMs, () => ({
      atMs,
      what,
      bound: `within ${formatSeconds(withinMs)}`,
      measured: tookMs === undefined ? 'not at all' : formatSeconds(tookMs),
    }));
  }

  /** Formats only what is reported: most checks are neither violations nor the closest one. */
  #addCheck(share: number, describe: () => Violation): void {
    this.#checks += 1;
    const isClosest = share > this.#closestShare;
    if (!isClosest && share <= 1) return;
    const { atMs, what, bound, measured } = describe();
    if (isClosest) {
      this.#closestShare = share;
      this.#closest = { bound, measured };
    }
    if (share > 1) this.#violations.push({ atMs, what, bound, measured });
  }
}

/** Formats milliseconds as seconds, to the millisecond: `6.5 s`. */
export function formatSeconds(ms: number): string {
  return `${Math.round(ms) / 1000} s`;
}

/** Formats a count: `1 sample`, `2 samples`. */
export function formatCount(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}
