import type { TraceView } from './trace-view.ts';
import type { Link } from './view/links.ts';
import type { PollCycle } from './view/poll-cycles.ts';
import { countBetween, firstAfter, lastUntil } from './view/search.ts';

const dueOf = ({ dueMs }: PollCycle): number => dueMs;

/** The latest poll cycle at a time, if its link is still up: the scooter is being polled. */
export function latestCycleAt(view: TraceView, ms: number): PollCycle | undefined {
  const cycle = lastUntil(view.cycles, ms, dueOf);
  return cycle && cycle.link.endMs > ms ? cycle : undefined;
}

/** The next poll cycle after a time. */
export function nextCycle(view: TraceView, ms: number): PollCycle | undefined {
  return firstAfter(view.cycles, ms, dueOf);
}

/** The supervision timeout in force, in milliseconds. */
export function supervisionTimeoutAt({ supervision }: Link, ms: number): number {
  return lastUntil(supervision, ms, ({ fromMs }) => fromMs)?.supervisionMs ?? 0;
}

/** A bound from `fromMs` on, extended by `perEventMs` for each event until its end. @param timesMs of the events, in order */
export function extendedMs(
  fromMs: number,
  withinMs: number,
  timesMs: readonly number[],
  perEventMs: number,
): number {
  for (let count = 0; ;) {
    const boundMs = withinMs + count * perEventMs;
    const found = countBetween(timesMs, fromMs, fromMs + boundMs);
    if (found === count) return boundMs;
    count = found;
  }
}
