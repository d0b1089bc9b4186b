import type { TraceEvent } from '../world/trace/event.ts';
import type { RunFacts, CheckResult } from './guarantee.ts';
import type { GuaranteeId } from './ids.ts';
import { GUARANTEES } from './table.ts';
import { TraceView } from './trace-view.ts';

/** Result of one guarantee on a run. */
export interface GuaranteeResult {
  readonly id: GuaranteeId;
  readonly title: string;
  readonly result: CheckResult;
}

/**
 * Checks the given guarantees on a run.
 * @param endMs end of the scenario in virtual time; the trace continues during shutdown
 */
export function checkGuarantees(
  events: readonly TraceEvent[],
  facts: RunFacts,
  ids: readonly GuaranteeId[],
  endMs?: number,
): GuaranteeResult[] {
  const view = new TraceView(events, facts.config, endMs);
  return ids.map((id) => {
    const { title, check } = GUARANTEES[id];
    return { id, title, result: check(view, facts) };
  });
}
