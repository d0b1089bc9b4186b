import { excusedSpans } from './excuses.ts';
import type { Rule, RunFacts } from './guarantee.ts';
import { RETURN_EXCUSES } from './l2-return.ts';
import { formatCount, formatSeconds, type Tally } from './tally.ts';
import type { TraceView } from './trace-view.ts';
import { countBetween, lastUntil } from './view/search.ts';

/** Number of logins on a link. */
const LOGINS = 3;
/** Pause after an answer that the scooter is busy. */
const BUSY_MS = 1_000;
/** Until the answer has reached the client, and the next start the scooter: some connection events, each of which may be lost. */
const REACTION_MS = 1_000;
/** Timers truncate fractions of a millisecond. */
const ROUNDING_MS = 1;

export const BUSY_RULE: Rule = {
  checks: 'Time from the answer of the scooter that it is busy to the next login on the same link',
  bound: `at least ${formatSeconds(BUSY_MS)}`,
  excuses: [],
};

export const LOGINS_RULE: Rule = {
  checks: 'Logins on one link of which the scooter rejects a parcel',
  bound: `at most ${LOGINS}`,
  excuses: [],
};

export const REPEATED_LOGINS_RULE: Rule = {
  checks: `Time from a login of which the scooter rejects a parcel to the next one on the same link, unless it is number ${LOGINS} of that link`,
  bound: `${formatSeconds(REACTION_MS)}, and ${formatSeconds(BUSY_MS)} more if the scooter is busy`,
  excuses: [RETURN_EXCUSES],
};

/** Checks that a scooter that rejects logins is not asked too soon, nor too often. */
export function checkRejectedLogins(view: TraceView, tally: Tally): void {
  for (const { atMs, isBusy, repeatedMs } of view.rejectedLogins) {
    if (!isBusy || repeatedMs === undefined) continue;
    tally.countChecks();
    if (repeatedMs - atMs + ROUNDING_MS >= BUSY_MS) continue;
    tally.addViolation({
      atMs: repeatedMs,
      what: 'the client logged in again although the scooter is busy',
      bound: `at least ${formatSeconds(BUSY_MS)} after its answer`,
      measured: formatSeconds(repeatedMs - atMs),
    });
  }
  for (const { beginMs, endMs } of view.links) {
    const count = rejectedBetween(view, beginMs, endMs);
    if (count === 0) continue;
    tally.addMeasurement({
      atMs: Math.min(endMs, view.endMs),
      share: count / LOGINS,
      what: 'the client repeated rejected logins too often',
      bound: formatCount(LOGINS, 'login'),
      measured: formatCount(count, 'login'),
    });
  }
}

/** Checks that the client logs in again on a link on which the scooter has rejected a parcel: that costs no connection. */
export function checkRepeatedLogins(view: TraceView, facts: RunFacts, tally: Tally): void {
  const excused = excusedSpans(view, facts, RETURN_EXCUSES);
  for (const { atMs, isBusy, repeatedMs } of view.rejectedLogins) {
    const link = lastUntil(view.links, atMs, ({ beginMs }) => beginMs);
    if (!link || rejectedBetween(view, link.beginMs, atMs) >= LOGINS) continue;
    const withinMs = REACTION_MS + (isBusy ? BUSY_MS : 0);
    const overMs = Math.min(atMs + withinMs, repeatedMs ?? Infinity);
    if (overMs > view.endMs || !view.runsThrough(atMs, overMs) || excused.overlaps(atMs, overMs)) continue;
    tally.addDeadline({
      atMs: overMs,
      withinMs,
      tookMs: repeatedMs === undefined ? undefined : repeatedMs - atMs,
      what: 'no other login on a link on which the scooter has rejected one',
    });
  }
}

function rejectedBetween({ rejectedLogins }: TraceView, fromMs: number, toMs: number): number {
  return countBetween(
    rejectedLogins.map(({ atMs }) => atMs),
    fromMs,
    toMs,
  );
}
