import { excusedSpans, SCOOTER_EXCUSES } from './excuses.ts';
import { EXIT } from './exit-codes.ts';
import type { Excuses, Rule, RunFacts } from './guarantee.ts';
import { formatSeconds, type Tally } from './tally.ts';
import type { TraceView } from './trace-view.ts';
import { countBetween, firstAfter } from './view/search.ts';

/** Faults that make the token invalid. */
const REPAIRED = ['scooter.rebind', 'scooter.reset'] as const;
/** Time for the last deliveries, and to exit. */
const EXIT_MS = 35_000;

/** Whatever delays a login; the fault itself excuses nothing. */
const EXCUSES: Excuses = Object.fromEntries(
  Object.entries(SCOOTER_EXCUSES).filter(([fault]) => !REPAIRED.some((repaired) => repaired === fault)),
);

export const REFUSAL_RULE: Rule = {
  checks: `Time from the first link after ${REPAIRED.join(' or ')} to exit ${EXIT.tokenRefused}`,
  bound: `3 × (supervision_timeout + request_timeout) + ${formatSeconds(EXIT_MS)}; no other exit before`,
  excuses: [EXCUSES],
};

/** Checks that a client whose token has become invalid exits, so that it is not restarted for ever. */
export function checkRefusals(view: TraceView, facts: RunFacts, tally: Tally): void {
  const { supervisionTimeoutMs, requestTimeoutMs } = facts.config.scooter;
  const withinMs = 3 * (supervisionTimeoutMs + requestTimeoutMs) + EXIT_MS;
  const excused = excusedSpans(view, facts, EXCUSES);
  for (const fault of view.faultsNamed(...REPAIRED)) {
    const link = firstAfter(view.links, fault.beginMs, ({ beginMs }) => beginMs);
    const process = link?.process;
    if (!link || !process) continue;
    const overMs = Math.min(link.beginMs + withinMs, process.endMs);
    if (overMs >= view.endMs || excused.overlaps(fault.beginMs, overMs)) continue;
    if (countBetween(view.preventedLoginsMs, link.beginMs, overMs) > 0) continue;
    const isRefused = process.end?.how === 'exit' && process.end.code === EXIT.tokenRefused;
    tally.addDeadline({
      atMs: overMs,
      withinMs,
      tookMs: isRefused ? process.endMs - link.beginMs : undefined,
      what: `the client did not exit with ${EXIT.tokenRefused} although its token is invalid`,
    });
  }
}
