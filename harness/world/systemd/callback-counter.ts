/** Span in which the callbacks of a process are counted. */
export const CALLBACK_SPAN_MS = 10_000;
const SECOND_MS = 1_000;

/** Callbacks in a second: several times those of a client that polls, searches and receives positions. */
export const CALLBACKS_PER_S = 500;
/** Callbacks for each sample that the client sends, and for each device that advertises, in a second. */
export const CALLBACKS_PER_SAMPLE = 5;
export const CALLBACKS_PER_NEIGHBOUR = 10;

/** What callbacks of a client depend on. */
export interface CallbackLoad {
  readonly drainRatePerS: number;
  readonly neighbours: number;
}

/**
 * Maximum number of callbacks of a client in {@link CALLBACK_SPAN_MS}: the span × (500 + 5 × drain_rate + 10 × neighbours).
 * By default that is 7,500, while the highest number of the scenarios is 1,100. A loop in which a timer without a delay
 * starts the next one has 10,000, as Node.js delays it by 1 ms.
 */
export function maxCallbacks({ drainRatePerS, neighbours }: CallbackLoad): number {
  const perS = CALLBACKS_PER_S + CALLBACKS_PER_SAMPLE * drainRatePerS + CALLBACKS_PER_NEIGHBOUR * neighbours;
  return Math.ceil((perS * CALLBACK_SPAN_MS) / SECOND_MS);
}

/** Counts the callbacks of a process, in one span of virtual time after another. */
export class CallbackCounter {
  readonly #max: number;
  readonly #onExceeded: (overMs: number) => void;
  #beganMs = -Infinity;
  #count = 0;

  /** @param onExceeded is called with the time since the span began, with each callback that is one too many */
  constructor(max: number, onExceeded: (overMs: number) => void) {
    this.#max = max;
    this.#onExceeded = onExceeded;
  }

  count(): void {
    const nowMs = performance.now();
    if (nowMs >= this.#beganMs + CALLBACK_SPAN_MS) {
      this.#beganMs = nowMs;
      this.#count = 0;
    }
    if (++this.#count > this.#max) this.#onExceeded(nowMs - this.#beganMs);
  }
}
