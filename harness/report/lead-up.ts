import type { TraceEvent } from '../world/trace/event.ts';
import { inForceAfter, NOTHING_IN_FORCE } from './in-force.ts';
import { Tally } from './tally.ts';
import { countedAs, laneOf, said, type Lane } from './words.ts';

/** What happened shortly before something went wrong, in words. */
export interface Told {
  readonly atMs: number;
  /** None for what is only counted. */
  readonly lane?: Lane;
  readonly what: string;
}

const LINES = 15;
/** The last events are told one by one, whatever they are; before them, what is no news is only counted. */
const IN_FULL = 4;

/** The events up to a moment that lead there, oldest first: at most 15, with the steady flow between news counted. */
export function leadUp(events: readonly TraceEvent[], atMs: number): readonly Told[] {
  const end = events.findLastIndex((event) => event.atMs <= atMs) + 1;
  const inFull = events.slice(Math.max(0, end - IN_FULL), end);
  const earlier = events.slice(0, end - inFull.length);
  const begin = beginOf(earlier, LINES - inFull.length);
  return [...newsOf(earlier.slice(begin)), ...inFull.map(tell)].slice(-LINES);
}

/** The faults that go on at a moment, in the order of their beginning. */
export function faultsAt(events: readonly TraceEvent[], atMs: number): readonly string[] {
  const end = events.findLastIndex((event) => event.atMs <= atMs) + 1;
  const inForce = events.slice(0, end).reduce(inForceAfter, NOTHING_IN_FORCE);
  return [...inForce].map(([step, fault]) => `${fault} (step ${step})`);
}

/** Where the last `count` pieces of news begin. */
function beginOf(events: readonly TraceEvent[], count: number): number {
  let begin = events.length;
  for (let left = count; left > 0 && begin > 0;) {
    begin -= 1;
    const event = events[begin];
    if (event && countedAs(event) === undefined) left -= 1;
  }
  return begin;
}

function newsOf(events: readonly TraceEvent[]): Told[] {
  const told: Told[] = [];
  const tally = new Tally();
  const flush = (): void => {
    if (tally.sinceMs !== undefined) told.push({ atMs: tally.sinceMs, what: tally.take() });
  };
  for (const event of events) {
    if (tally.count(event)) continue;
    flush();
    told.push(tell(event));
  }
  flush();
  return told;
}

function tell(event: TraceEvent): Told {
  return { atMs: event.atMs, lane: laneOf(event), what: said(event) };
}
