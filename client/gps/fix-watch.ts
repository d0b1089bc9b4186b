import { MAX_FIX_AGE_MS } from './fix.ts';

/** Interval of the explanations while there is no position. */
const EXPLAIN_INTERVAL_MS = 60_000;
/** A loss lasts for at least this many intervals between the fixes of the receiver. */
const MISSED_FIXES = 2;
/** Pauses that are longer are losses, and no property of the receiver. */
const MAX_INTERVAL_MS = EXPLAIN_INTERVAL_MS / 2;
/** Number of recent intervals that count: the longest of them is that of the receiver. */
const RECENT_INTERVALS = 10;

export interface FixWatchListener {
  /** No fix for `MAX_FIX_AGE_MS`, or for longer if the receiver has longer intervals; emitted once until the next fix. */
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
  #latestFixMs: number | undefined;
  #intervalsMs: readonly number[] = [];

  constructor(listener: FixWatchListener) {
    this.#listener = listener;
  }

  start(): void {
    this.#wait(Math.max(MAX_FIX_AGE_MS, MISSED_FIXES * Math.max(0, ...this.#intervalsMs)));
  }

  onFix(): void {
    const nowMs = performance.now();
    const intervalMs = nowMs - (this.#latestFixMs ?? nowMs);
    this.#latestFixMs = nowMs;
    if (intervalMs <= MAX_INTERVAL_MS) {
      this.#intervalsMs = [...this.#intervalsMs, intervalMs].slice(-RECENT_INTERVALS);
    }
    this.#reportedMs = 0;
    this.stop();
    this.start();
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
      else this.#listener.onStillNoFix?.(Math.round(this.#reportedMs / 1000));
    }, ms);
  }
}
