import { createHash } from 'node:crypto';
import type { EventContent, TraceEvent } from './event.ts';

/** Records every event of a world, in order. */
export class Trace {
  readonly #now: () => number;
  readonly #onEvent: (event: TraceEvent) => void;
  readonly #events: TraceEvent[] = [];

  /** @param onEvent is called with every event as it happens. */
  constructor(now: () => number, onEvent: (event: TraceEvent) => void = () => undefined) {
    this.#now = now;
    this.#onEvent = onEvent;
  }

  get events(): readonly TraceEvent[] {
    return this.#events;
  }

  readonly record = (content: EventContent): void => {
    const event = { atMs: this.#now(), ...content };
    this.#events.push(event);
    this.#onEvent(event);
  };
}

/** Formats an event as one line of JSON. */
export function traceLine(event: TraceEvent): string {
  return `${JSON.stringify(event)}\n`;
}

/** Computes the SHA-256 of a trace, in hex; runs with the same seed have the same hash. */
export function traceHash(events: readonly TraceEvent[]): string {
  const hash = createHash('sha256');
  for (const event of events) hash.update(traceLine(event));
  return hash.digest('hex');
}
