import type { TraceView } from './trace-view.ts';
import type { Link } from './view/links.ts';
import type { Cycle } from './view/poll-cycles.ts';
import { firstAfter, lastUntil } from './view/search.ts';

const dueOf = ({ dueMs }: Cycle): number => dueMs;

/** The latest cycle of a link that is still up at a moment: the scooter is being polled. */
export function pollingAt(view: TraceView, ms: number): Cycle | undefined {
  const cycle = lastUntil(view.cycles, ms, dueOf);
  return cycle && cycle.link.endMs > ms ? cycle : undefined;
}

/** The next cycle after a moment. */
export function nextCycle(view: TraceView, ms: number): Cycle | undefined {
  return firstAfter(view.cycles, ms, dueOf);
}

/** The supervision timeout in force, in milliseconds. */
export function supervisionAt({ supervision }: Link, ms: number): number {
  return lastUntil(supervision, ms, ({ fromMs }) => fromMs)?.supervisionMs ?? 0;
}
