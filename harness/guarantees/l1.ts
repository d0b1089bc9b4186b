import { MAX_COUNTER } from '../../protocol/encrypted-frame.ts';
import { SCOOTER_EXCUSES, excusedSpans } from './excuses.ts';
import type { Guarantee, RunFacts } from './guarantee.ts';
import { nextCycle, latestCycleAt, supervisionTimeoutAt } from './polling.ts';
import { formatSeconds, Tally } from './tally.ts';
import type { TraceView } from './trace-view.ts';
import type { FaultSpan } from './view/fault-spans.ts';

/** A session that has come so far may end at any time: a login is due before its frame counter wraps. */
const MAX_SESSION_REPLIES = MAX_COUNTER - 1_000;

export const l1: Guarantee = {
  title: 'A gap shorter than the supervision timeout costs nothing',
  check(view, facts) {
    const tally = new Tally();
    for (const gap of view.faultsNamed('radio.gap')) judgeGap(gap, view, facts, tally);
    return tally.verdict;
  },
};

/** The same link goes on, and the next sample comes within one interval and one request timeout after the gap. */
function judgeGap(gap: FaultSpan, view: TraceView, facts: RunFacts, tally: Tally): void {
  const before = latestCycleAt(view, gap.beginMs);
  if (!before || before.link.replyCount > MAX_SESSION_REPLIES) return;
  const { link } = before;
  // A client that asks for less than it was told has broken its word already.
  const supervisionMs = Math.max(
    supervisionTimeoutAt(link, gap.beginMs),
    facts.config.scooter.supervisionTimeoutMs,
  );
  const gapMs = gap.endMs - gap.beginMs;
  if (gapMs >= supervisionMs) return;

  const { mqtt, scooter } = facts.config;
  const withinMs = mqtt.sendIntervalMs + scooter.requestTimeoutMs;
  const next = nextCycle(view, gap.endMs);
  const overMs = Math.min(gap.endMs + withinMs, next?.dueMs ?? Infinity, link.endMs);
  if (overMs > view.endMs) return;
  if (excusedSpans(view, facts, SCOOTER_EXCUSES, gap).overlaps(before.dueMs, overMs)) return;

  if (link.endMs === overMs) {
    tally.countChecks();
    tally.addViolation({
      atMs: link.endMs,
      what: `a gap of ${formatSeconds(gapMs)} cost the link`,
      bound: `a gap below ${formatSeconds(supervisionMs)} does not`,
      measured: `lost ${formatSeconds(link.endMs - gap.beginMs)} after the gap began`,
    });
    return;
  }
  tally.addDeadline({
    atMs: overMs,
    withinMs,
    tookMs: next && next.dueMs - gap.endMs,
    what: `no sample soon enough after a gap of ${formatSeconds(gapMs)}`,
  });
}
