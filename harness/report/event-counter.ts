import type { TraceEvent } from '../world/trace/event.ts';
import { countLabel, OMITTED } from './event-format.ts';

/** Counts frequent events and summarises them in one line. */
export class EventCounter {
  readonly #counts = new Map<string, number>();
  #sinceMs: number | undefined;

  /** Counts an event unless it is notable. @returns false if it is notable */
  add(event: TraceEvent): boolean {
    const label = countLabel(event);
    if (label === undefined) return false;
    if (label === OMITTED) return true;
    this.#counts.set(label, (this.#counts.get(label) ?? 0) + 1);
    this.#sinceMs ??= event.atMs;
    return true;
  }

  /** Time of the first counted event; undefined if there is none. */
  get sinceMs(): number | undefined {
    return this.#sinceMs;
  }

  /** Returns the counts, such as `3 × reply delivered, sample stored`, and resets them. */
  drain(): string {
    const parts = [...this.#counts].map(([label, count]) => (count === 1 ? label : `${count} × ${label}`));
    this.#counts.clear();
    this.#sinceMs = undefined;
    return parts.join(', ');
  }
}
