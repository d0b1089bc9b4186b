export interface BackoffOptions {
  readonly minMs: number;
  readonly maxMs: number;
  /** A number from 0 (inclusive) to 1 (exclusive). */
  readonly random: () => number;
}

/**
 * Pauses between attempts. Each is drawn between the minimum and a cap that doubles from the minimum up to the maximum,
 * so that many clients that lost the same broker do not come back at the same moment.
 */
export class Backoff {
  readonly #options: BackoffOptions;
  #capMs: number;

  constructor(options: BackoffOptions) {
    this.#options = options;
    this.#capMs = options.minMs;
  }

  /** The next pause, in milliseconds. */
  next(): number {
    const { minMs, maxMs, random } = this.#options;
    const pauseMs = minMs + random() * (this.#capMs - minMs);
    this.#capMs = Math.min(2 * this.#capMs, maxMs);
    return pauseMs;
  }

  /** The longest pause, after a failure that another attempt is not going to mend; those that follow are long too. */
  longest(): number {
    this.#capMs = this.#options.maxMs;
    return this.#capMs;
  }

  /** Back to the start, after an attempt that held. */
  reset(): void {
    this.#capMs = this.#options.minMs;
  }
}
