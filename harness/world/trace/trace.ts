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

/** An event as a line of its own. */
export function traceLine(event: TraceEvent): string {
  return `${JSON.stringify(event)}\n`;
}

/** SHA-256 in hex over everything that happened: the same seed gives the same one. */
export function traceHash(events: readonly TraceEvent[]): string {
  const hash = createHash('sha256');
  for (const event of events) hash.update(traceLine(event));
  return hash.digest('hex');
}
