import type { TraceEvent } from '../world/trace/event.ts';
import type { RunFacts, Verdict } from './guarantee.ts';
import type { GuaranteeId } from './ids.ts';
import { GUARANTEES } from './table.ts';
import { TraceView } from './trace-view.ts';

/** Verdict of one guarantee on a run. */
export interface Judgement {
  readonly id: GuaranteeId;
  readonly title: string;
  readonly verdict: Verdict;
}

/**
 * Judges a run by the given guarantees.
 * @param endMs end of the scenario in virtual time; the trace continues during shutdown
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
