import type { Delay, Verdict, Violation } from './guarantee.ts';

/** Something measured against a bound; what it means that the bound was passed. */
interface Measurement extends Violation {
  /** How much of what is allowed was used; more than 1 is too much. */
  readonly share: number;
}

/** Something that had to happen in time. */
interface Deadline {
  readonly atMs: number;
  readonly withinMs: number;
  /** Undefined where it did not happen at all. */
  readonly tookMs: number | undefined;
  readonly what: string;
}

/** Counts the occasions of a guarantee, and keeps what they came to. */
export class Tally {
  readonly #violations: Violation[] = [];
  readonly #delays: Delay[] = [];
  #checks = 0;
  #closest: Verdict['closest'];
  #closestShare = -Infinity;

  get verdict(): Verdict {
    return {
      checks: this.#checks,
      closest: this.#closest,
      delays: this.#delays,
      violations: this.#violations,
    };
  }

  /** Occasions on which there is nothing to measure. */
  countChecks(count = 1): void {
    this.#checks += count;
  }

  /** It did not hold; the occasion is counted by `occasions`. */
  addViolation(violation: Violation): void {
    this.#violations.push(violation);
  }

  /** An occasion on which something is measured. */
  addMeasurement(measurement: Measurement): void {
    this.#addCheck(measurement.share, () => measurement);
  }

  /** An occasion on which something had to happen in time. */
  addDeadline({ atMs, withinMs, tookMs, what }: Deadline): void {
    this.#delays.push({ tookMs: tookMs ?? Infinity, withinMs });
    this.#addCheck(tookMs === undefined ? Infinity : tookMs <= 0 ? 0 : tookMs / withinMs, () => ({
      atMs,
      what,
      bound: `within ${formatSeconds(withinMs)}`,
      measured: tookMs === undefined ? 'not at all' : formatSeconds(tookMs),
    }));
  }

  /** Most occasions are neither violations nor close to one, and nobody wants to read of them. */
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

/** Milliseconds as seconds, to the millisecond: `6.5 s`. */
export function formatSeconds(ms: number): string {
  return `${Math.round(ms) / 1000} s`;
}

/** `1 sample`, `2 samples`. */
export function formatCount(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}
