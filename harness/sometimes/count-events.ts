import type { Config } from '../../client/config/schema.ts';
import { TraceView } from '../guarantees/trace-view.ts';
import type { TraceEvent } from '../world/trace/event.ts';
import { EVENT_IDS, EVENTS, type EventId } from './table.ts';

/** Number of times that each event happened in a run; those that did not are missing. */
export type EventCounts = Readonly<Partial<Record<EventId, number>>>;

/** Counts the events of a run. */
export function countEvents(events: readonly TraceEvent[], config: Config, endMs: number): EventCounts {
  const view = new TraceView(events, config, endMs);
  const counts = EVENT_IDS.map((id) => [id, EVENTS[id].times(view)] as const);
  return Object.fromEntries(counts.filter(([, times]) => times > 0));
}
