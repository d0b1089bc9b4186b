export interface BackoffOptions {
  readonly minMs: number;
  readonly maxMs: number;
  /** A number from 0 (inclusive) to 1 (exclusive). */
  readonly random: () => number;
}

/**
 * Exponential backoff with jitter. Each pause is random between the minimum and a cap that doubles from the minimum up to
 * the maximum, so that many clients that lost the same broker do not reconnect at the same moment.
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

  /** The shortest pause, before an attempt that may well succeed; the cap stays as it is. */
  shortest(): number {
    return this.#options.minMs;
  }

  /** The longest pause, after a failure that retrying will not fix; the cap stays at the maximum afterwards. */
  longest(): number {
    this.#capMs = this.#options.maxMs;
    return this.#capMs;
  }

  /** Starts from the minimum again, after a success. */
  reset(): void {
    this.#capMs = this.#options.minMs;
  }
}
