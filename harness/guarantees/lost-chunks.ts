import { excusedSpans } from './excuses.ts';
import type { Excuses, Rule, RunFacts } from './guarantee.ts';
import { isHindered, OWN_TIME, ownTimeMs, RETURN_EXCUSES } from './l2-return.ts';
import { formatSeconds, type Tally } from './tally.ts';
import type { TraceView } from './trace-view.ts';

/** Number of parcels of the scooter in a login, each of which the client waits for, and requests a chunk of. */
const PARCELS = 2;
/** The longest that the scooter takes to request the chunks that it lacks: 0.4 s for each of two parcels (MiAuth SDK). */
const SCOOTER_MS = 1_000;
/** Limit of a whole login (MiAuth SDK). */
const PROCEDURE_MS = 30_000;

const { 'scooter.chunks': _, ...EXCUSES } = RETURN_EXCUSES;
const OTHER_EXCUSES: Excuses = EXCUSES;

export const LOST_CHUNKS_RULE: Rule = {
  checks: 'Time from the beginning of a link during scooter.chunks until the login on it',
  bound:
    `${PARCELS} × (supervision_timeout + request_timeout) + ${formatSeconds(SCOOTER_MS)} + ${OWN_TIME}; ` +
    `not checked if that is more than ${formatSeconds(PROCEDURE_MS)}`,
  excuses: [OTHER_EXCUSES],
};

/** Checks that a login succeeds on the same link although chunks of its parcels are lost. */
export function checkLostChunks(view: TraceView, facts: RunFacts, tally: Tally): void {
  const { supervisionTimeoutMs, requestTimeoutMs } = facts.config.scooter;
  const withinMs = PARCELS * (supervisionTimeoutMs + requestTimeoutMs) + SCOOTER_MS + ownTimeMs(facts);
  if (withinMs > PROCEDURE_MS || facts.scooter.paired !== true) return;
  const faults = view.faultsNamed('scooter.chunks');
  const excused = excusedSpans(view, facts, OTHER_EXCUSES);
  for (const { beginMs, loginsMs } of view.links) {
    if (!faults.some((fault) => fault.beginMs <= beginMs && fault.endMs > beginMs)) continue;
    const [loginMs] = loginsMs;
    const overMs = Math.min(beginMs + withinMs, loginMs ?? Infinity);
    if (overMs > view.endMs || !view.runsThrough(beginMs, overMs)) continue;
    if (excused.overlaps(beginMs, overMs) || isHindered(view, beginMs, overMs)) continue;
    tally.addDeadline({
      atMs: overMs,
      withinMs,
      tookMs: loginMs === undefined ? undefined : loginMs - beginMs,
      what: 'no login in time on a link that loses single chunks of parcels',
    });
  }
}
