import { MAX_FIX_AGE_MS } from './fix.ts';

/** Interval of the explanations while there is no position. */
const EXPLAIN_INTERVAL_MS = 60_000;

export interface FixWatchListener {
  /** No fix for `MAX_FIX_AGE_MS`; emitted once until the next fix. */
  onNoFix?(): void;
  /** No fix for `seconds`, a multiple of 60. */
  onStillNoFix?(seconds: number): void;
}

/** Watches whether fixes arrive. */
export class FixWatch {
  readonly #listener: FixWatchListener;
  #timer: NodeJS.Timeout | undefined;
  /** Time without a fix that was reported. */
  #reportedMs = 0;

  constructor(listener: FixWatchListener) {
    this.#listener = listener;
  }

  start(): void {
    this.#wait(MAX_FIX_AGE_MS);
  }

  onFix(): void {
    if (this.#reportedMs === 0) {
      this.#timer?.refresh();
    } else {
      this.stop();
      this.#reportedMs = 0;
      this.start();
    }
  }

  stop(): void {
    clearTimeout(this.#timer);
  }

  #wait(ms: number): void {
    this.#timer = setTimeout(() => {
      const isFirst = this.#reportedMs === 0;
      this.#reportedMs += ms;
      // Before the listener is called: it may stop the watch.
      this.#wait(EXPLAIN_INTERVAL_MS - (this.#reportedMs % EXPLAIN_INTERVAL_MS));
      if (isFirst) this.#listener.onNoFix?.();
      else this.#listener.onStillNoFix?.(this.#reportedMs / 1000);
    }, ms);
  }
}
