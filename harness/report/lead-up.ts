import type { TraceEvent } from '../world/trace/event.ts';
import { activeFaultsAfter, NO_ACTIVE_FAULTS } from './active-faults.ts';
import { EventCounter } from './event-counter.ts';
import { countLabel, laneOf, formatEvent, type Lane } from './event-format.ts';

/** An event, or a count of events, as text. */
export interface FormattedEvent {
  readonly atMs: number;
  /** Undefined for counted events. */
  readonly lane?: Lane;
  readonly what: string;
}

const MAX_LINES = 15;
/** Number of last events that are listed one by one; before them, frequent events are only counted. */
const UNCOUNTED_EVENTS = 4;

/** The events before a time, oldest first, in at most 15 lines. Frequent events are counted. */
export function leadUp(events: readonly TraceEvent[], atMs: number): readonly FormattedEvent[] {
  const end = events.findLastIndex((event) => event.atMs <= atMs) + 1;
  const last = events.slice(Math.max(0, end - UNCOUNTED_EVENTS), end);
  const earlier = events.slice(0, end - last.length);
  const begin = startOfLastNotable(earlier, MAX_LINES - last.length);
  return [...condensed(earlier.slice(begin)), ...last.map(formatted)].slice(-MAX_LINES);
}

/** The faults in progress at a time, in the order in which they started. */
export function activeFaultsAt(events: readonly TraceEvent[], atMs: number): readonly string[] {
  const end = events.findLastIndex((event) => event.atMs <= atMs) + 1;
  const active = events.slice(0, end).reduce(activeFaultsAfter, NO_ACTIVE_FAULTS);
  return [...active].map(([step, fault]) => `${fault} (step ${step})`);
}

/** Index from which on there are `count` notable events. */
function startOfLastNotable(events: readonly TraceEvent[], count: number): number {
  let begin = events.length;
  for (let left = count; left > 0 && begin > 0;) {
    begin -= 1;
    const event = events[begin];
    if (event && countLabel(event) === undefined) left -= 1;
  }
  return begin;
}

function condensed(events: readonly TraceEvent[]): FormattedEvent[] {
  const lines: FormattedEvent[] = [];
  const counter = new EventCounter();
  const flush = (): void => {
    if (counter.sinceMs !== undefined) lines.push({ atMs: counter.sinceMs, what: counter.drain() });
  };
  for (const event of events) {
    if (counter.add(event)) continue;
    flush();
    lines.push(formatted(event));
  }
  flush();
  return lines;
}

function formatted(event: TraceEvent): FormattedEvent {
  return { atMs: event.atMs, lane: laneOf(event), what: formatEvent(event) };
}
