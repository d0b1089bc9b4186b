import type { TraceEvent } from '../world/trace/event.ts';
import type { GuaranteeId, RunFacts, Verdict } from './guarantee.ts';
import { GUARANTEES } from './table.ts';
import { TraceView } from './trace-view.ts';

/** What a run has come to by one guarantee. */
export interface Judgement {
  readonly id: GuaranteeId;
  readonly title: string;
  readonly verdict: Verdict;
}

/**
 * Judges a run by some of the guarantees, in their order.
 * @param endMs when the story ended, in milliseconds since the world began; the trace may go on while everything is
 *   taken down
 */
export function judge(
  events: readonly TraceEvent[],
  facts: RunFacts,
  ids: readonly GuaranteeId[],
  endMs?: number,
): Judgement[] {
  const view = new TraceView(events, facts.config, endMs);
  return ids.map((id) => {
    const { title, check } = GUARANTEES[id];
    return { id, title, verdict: check(view, facts) };
  });
}
