import { createHash } from 'node:crypto';
import type { Happening, TraceEvent } from './event.ts';

/** Everything that happens in a world, in order. */
export class Trace {
  readonly #now: () => number;
  readonly #onEvent: (event: TraceEvent) => void;
  readonly #events: TraceEvent[] = [];

  /** @param onEvent hears every event as it happens. */
  constructor(now: () => number, onEvent: (event: TraceEvent) => void = () => undefined) {
    this.#now = now;
    this.#onEvent = onEvent;
  }

  get events(): readonly TraceEvent[] {
    return this.#events;
  }

  readonly tell = (happening: Happening): void => {
    const event = { atMs: this.#now(), ...happening };
    this.#events.push(event);
    this.#onEvent(event);
  };
}

/** One JSON object a line. */
export function traceLines(events: readonly TraceEvent[]): string {
  return events.map((event) => `${JSON.stringify(event)}\n`).join('');
}

/** SHA-256 in hex over everything that happened: the same seed gives the same one. */
export function traceHash(events: readonly TraceEvent[]): string {
  return createHash('sha256').update(traceLines(events)).digest('hex');
}
