/** What late timers may make up for. */
const MAX_LATENESS_MS = 10;

/** Spaces things evenly in time. */
export class Pace {
  readonly #intervalMs: number;
  readonly #now: () => number;
  #nextMs: number;

  /** @param now a monotonic clock, in milliseconds */
  constructor(ratePerS: number, now: () => number) {
    this.#intervalMs = 1000 / ratePerS;
    this.#now = now;
    this.#nextMs = now();
  }

  /** Gives the next one its turn; returns how many milliseconds that is away. */
  next(): number {
    const nowMs = this.#now();
    this.#nextMs = Math.max(this.#nextMs + this.#intervalMs, nowMs - MAX_LATENESS_MS);
    return Math.max(0, this.#nextMs - nowMs);
  }
}
