import type { TraceEvent } from '../world/trace/event.ts';
import { countedAs, UNTOLD } from './words.ts';

/** Counts events that are no news by themselves, and tells them in one line. */
export class Tally {
  readonly #counts = new Map<string, number>();
  #sinceMs: number | undefined;

  /** Counts an event unless it is news by itself; whether it is not. */
  count(event: TraceEvent): boolean {
    const noun = countedAs(event);
    if (noun === undefined) return false;
    if (noun === UNTOLD) return true;
    this.#counts.set(noun, (this.#counts.get(noun) ?? 0) + 1);
    this.#sinceMs ??= event.atMs;
    return true;
  }

  /** When the first that is counted happened; undefined where there is none. */
  get sinceMs(): number | undefined {
    return this.#sinceMs;
  }

  /** What was counted, such as `3 × reply carried, sample stored`; begins anew. */
  take(): string {
    const told = [...this.#counts].map(([noun, times]) => (times === 1 ? noun : `${times} × ${noun}`));
    this.#counts.clear();
    this.#sinceMs = undefined;
    return told.join(', ');
  }
}
