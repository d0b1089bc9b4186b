import type { TraceEvent } from '../world/trace/event.ts';
import { activeFaultsAfter, NO_ACTIVE_FAULTS } from './active-faults.ts';
import { EventCounter } from './event-counter.ts';
import { countLabel, laneOf, formatEvent, type Lane } from './event-format.ts';

/** What happened shortly before something went wrong, in words. */
export interface FormattedEvent {
  readonly atMs: number;
  /** None for what is only counted. */
  readonly lane?: Lane;
  readonly what: string;
}

const MAX_LINES = 15;
/** The last events are told one by one, whatever they are; before them, what is no news is only counted. */
const UNCOUNTED_EVENTS = 4;

/** The events up to a moment that lead there, oldest first: at most 15, with the steady flow between news counted. */
export function leadUp(events: readonly TraceEvent[], atMs: number): readonly FormattedEvent[] {
  const end = events.findLastIndex((event) => event.atMs <= atMs) + 1;
  const last = events.slice(Math.max(0, end - UNCOUNTED_EVENTS), end);
  const earlier = events.slice(0, end - last.length);
  const begin = startOfLastNotable(earlier, MAX_LINES - last.length);
  return [...condensed(earlier.slice(begin)), ...last.map(formatted)].slice(-MAX_LINES);
}

/** The faults that go on at a moment, in the order of their beginning. */
export function activeFaultsAt(events: readonly TraceEvent[], atMs: number): readonly string[] {
  const end = events.findLastIndex((event) => event.atMs <= atMs) + 1;
  const active = events.slice(0, end).reduce(activeFaultsAfter, NO_ACTIVE_FAULTS);
  return [...active].map(([step, fault]) => `${fault} (step ${step})`);
}

/** Where the last `count` pieces of news begin. */
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
