import type { Bounds } from '../../client/outbox/retention.ts';
import type { RunFacts } from './guarantee.ts';
import type { TraceView } from './trace-view.ts';
import { lastUntil } from './view/search.ts';

/** The limits of the outbox in one process. */
export interface OutboxLimits extends Bounds {
  /** Start of the process. */
  readonly sinceMs: number;
}

/** The limits of the outbox in each process that ran within a time, in order: an owner may change them between two. */
export function outboxLimits(
  { processes, configurations }: TraceView,
  { config }: RunFacts,
  fromMs: number,
  toMs: number,
): readonly OutboxLimits[] {
  return processes
    .filter(({ beginMs, endMs }) => beginMs <= toMs && endMs >= fromMs)
    .map(({ beginMs: sinceMs }) => ({
      ...(lastUntil(configurations, sinceMs, ({ atMs }) => atMs)?.outbox ?? config.outbox),
      sinceMs,
    }));
}
