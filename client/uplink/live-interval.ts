/** Part of the sample interval by which a message may be early, because samples are not taken to the millisecond. */
const TOLERANCE = 0.1;

export interface LiveIntervalOptions {
  /** Minimum time between two messages: 0 publishes each sample, Infinity none. */
  readonly intervalMs: number;
  /** Time between two samples. */
  readonly sampleMs: number;
}

/** Selects the samples that are published on `<base>/live`. */
export class LiveInterval {
  readonly #minMs: number;
  #latestMs = -Infinity;

  constructor({ intervalMs, sampleMs }: LiveIntervalOptions) {
    this.#minMs = intervalMs - TOLERANCE * sampleMs;
  }

  get isOff(): boolean {
    return this.#minMs === Infinity;
  }

  /** Whether a sample is due for publication at this time, by `performance.now()`; if so, it counts as published. */
  isDue(nowMs: number): boolean {
    if (this.isOff || nowMs - this.#latestMs < this.#minMs) return false;
    this.#latestMs = nowMs;
    return true;
  }
}
