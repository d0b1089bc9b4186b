import type { Delay, Verdict, Violation } from './guarantee.ts';

/** Something measured against a bound. */
interface Measurement {
  readonly atMs: number;
  /** How much of what is allowed was used; more than 1 is too much. */
  readonly share: number;
  readonly bound: string;
  readonly measured: string;
  /** What it means that the bound was passed. */
  readonly what: string;
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
  #occasions = 0;
  #closest: Measurement | undefined;

  get verdict(): Verdict {
    const closest = this.#closest && { bound: this.#closest.bound, measured: this.#closest.measured };
    return { occasions: this.#occasions, closest, delays: this.#delays, violations: this.#violations };
  }

  /** Occasions on which there is nothing to measure. */
  occasions(count = 1): void {
    this.#occasions += count;
  }

  /** It did not hold; the occasion is counted by `occasions`. */
  violation(violation: Violation): void {
    this.#violations.push(violation);
  }

  /** An occasion on which something is measured. */
  measured(measurement: Measurement): void {
    const { atMs, what, bound, measured, share } = measurement;
    this.#occasions += 1;
    if (!this.#closest || share > this.#closest.share) this.#closest = measurement;
    if (share > 1) this.#violations.push({ atMs, what, bound, measured });
  }

  /** An occasion on which something had to happen in time. */
  deadline({ atMs, withinMs, tookMs, what }: Deadline): void {
    this.#delays.push({ tookMs: tookMs ?? Infinity, withinMs });
    this.measured({
      atMs,
      what,
      share: tookMs === undefined ? Infinity : tookMs <= 0 ? 0 : tookMs / withinMs,
      bound: `within ${seconds(withinMs)}`,
      measured: tookMs === undefined ? 'not at all' : seconds(tookMs),
    });
  }
}

/** Milliseconds as seconds, to the millisecond: `6.5 s`. */
export function seconds(ms: number): string {
  return `${Math.round(ms) / 1000} s`;
}

/** `1 sample`, `2 samples`. */
export function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}
