/** Maximum delay of a timer that is compensated by a shorter next interval. */
const MAX_LATENESS_MS = 10;

/** Limits the rate of messages by spacing them evenly. */
export class RateLimit {
  readonly #intervalMs: number;
  readonly #now: () => number;
  /** For how long messages may be ahead of their turns. */
  readonly #burstMs: number;
  #nextMs: number;

  /**
   * @param now a monotonic clock, in milliseconds
   * @param burst number of messages for which `takeIfDue` does not wait after an idle period
   */
  constructor(ratePerS: number, now: () => number, burst = 1) {
    this.#intervalMs = 1000 / ratePerS;
    this.#now = now;
    this.#burstMs = (burst - 1) * this.#intervalMs;
    this.#nextMs = now();
  }

  /** Takes the next message's turn if it has come; returns whether it has. */
  takeIfDue(): boolean {
    const nowMs = this.#now();
    const isDue = nowMs >= this.#nextMs - this.#burstMs;
    if (isDue) this.#nextMs = Math.max(this.#nextMs, nowMs) + this.#intervalMs;
    return isDue;
  }

  /** Schedules the next message; returns the milliseconds until then. */
  next(): number {
    const nowMs = this.#now();
    this.#nextMs = Math.max(this.#nextMs + this.#intervalMs, nowMs - MAX_LATENESS_MS);
    return Math.max(0, this.#nextMs - nowMs);
  }
}
