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
  #noFixTimer: NodeJS.Timeout | undefined;
  #explainTimer: NodeJS.Timeout | undefined;
  #explanations = 0;

  constructor(listener: FixWatchListener) {
    this.#listener = listener;
  }

  start(): void {
    this.#noFixTimer = setTimeout(() => this.#listener.onNoFix?.(), MAX_FIX_AGE_MS);
    this.#explainTimer = setInterval(() => {
      this.#explanations += 1;
      this.#listener.onStillNoFix?.((this.#explanations * EXPLAIN_INTERVAL_MS) / 1000);
    }, EXPLAIN_INTERVAL_MS);
  }

  onFix(): void {
    this.#explanations = 0;
    this.#noFixTimer?.refresh();
    this.#explainTimer?.refresh();
  }

  stop(): void {
    clearTimeout(this.#noFixTimer);
    clearInterval(this.#explainTimer);
  }
}
