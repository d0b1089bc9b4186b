import type { TraceEvent } from '../world/trace/event.ts';
import { countLabel, OMITTED } from './event-format.ts';

/** Counts events that are no news by themselves, and tells them in one line. */
export class EventCounter {
  readonly #counts = new Map<string, number>();
  #sinceMs: number | undefined;

  /** Counts an event unless it is news by itself; whether it is not. */
  add(event: TraceEvent): boolean {
    const label = countLabel(event);
    if (label === undefined) return false;
    if (label === OMITTED) return true;
    this.#counts.set(label, (this.#counts.get(label) ?? 0) + 1);
    this.#sinceMs ??= event.atMs;
    return true;
  }

  /** When the first that is counted happened; undefined where there is none. */
  get sinceMs(): number | undefined {
    return this.#sinceMs;
  }

  /** What was counted, such as `3 × reply carried, sample stored`; begins anew. */
  drain(): string {
    const parts = [...this.#counts].map(([noun, times]) => (times === 1 ? noun : `${times} × ${noun}`));
    this.#counts.clear();
    this.#sinceMs = undefined;
    return parts.join(', ');
  }
}
