import { MAX_COUNTER } from '../../protocol/encrypted-frame.ts';
import { POLL_EXCUSES, excusedSpans } from './excuses.ts';
import type { Guarantee, RunFacts } from './guarantee.ts';
import { checkKeptLinks, KEPT_LINK_RULES } from './kept-link.ts';
import { extendedMs, latestCycleAt, nextCycle, supervisionTimeoutAt } from './polling.ts';
import { formatSeconds, Tally } from './tally.ts';
import type { TraceView } from './trace-view.ts';
import type { FaultSpan } from './view/fault-spans.ts';

/** Longer sessions may end at any time: the client logs in again before the frame counter wraps. */
export const MAX_SESSION_REPLIES = MAX_COUNTER - 1_000;

export const l1: Guarantee = {
  title: 'A radio gap shorter than the supervision timeout keeps the link, and samples resume at once',
  rules: [
    {
      checks:
        'Link over a radio.gap that is shorter than supervision_timeout, or than the timeout of the link if that is longer',
      bound: 'is kept',
      excuses: [POLL_EXCUSES],
    },
    {
      checks: 'Time from the end of such a gap to the end of the next poll',
      bound:
        'send_interval + request_timeout, + request_timeout for each read that the scooter leaves unanswered in this time',
      excuses: [POLL_EXCUSES],
    },
    ...KEPT_LINK_RULES,
  ],
  blindSpots: [
    'Gaps without a poll before them on the same link.',
    `Sessions of more than ${MAX_SESSION_REPLIES} replies, which the client may end at any time.`,
    'Polls that were due during the gap: no sample is promised for them.',
    'Partial loss and delay of packets.',
  ],
  check(view, facts) {
    const tally = new Tally();
    for (const gap of view.faultsNamed('radio.gap')) checkGap(gap, view, facts, tally);
    checkKeptLinks(view, facts, MAX_SESSION_REPLIES, tally);
    return tally.result;
  },
};

/** The link continues, and the next sample arrives within one interval and the request timeouts after the gap. */
function checkGap(gap: FaultSpan, view: TraceView, facts: RunFacts, tally: Tally): void {
  const before = latestCycleAt(view, gap.beginMs);
  if (!before || before.link.replyCount > MAX_SESSION_REPLIES) return;
  const { link } = before;
  // A link with a shorter timeout than configured does not lower the bound.
  const supervisionMs = Math.max(
    supervisionTimeoutAt(link, gap.beginMs),
    facts.config.scooter.supervisionTimeoutMs,
  );
  const gapMs = gap.endMs - gap.beginMs;
  if (gapMs >= supervisionMs) return;

  const { mqtt, scooter } = facts.config;
  const withinMs = extendedMs(
    gap.endMs,
    mqtt.sendIntervalMs + scooter.requestTimeoutMs,
    view.withheldReadsMs,
    scooter.requestTimeoutMs,
  );
  const next = nextCycle(view, gap.endMs);
  const overMs = Math.min(gap.endMs + withinMs, next?.dueMs ?? Infinity, link.endMs);
  if (overMs > view.endMs) return;
  if (excusedSpans(view, facts, POLL_EXCUSES, gap).overlaps(before.dueMs, overMs)) return;

  if (link.endMs === overMs) {
    tally.countChecks();
    tally.addViolation({
      atMs: link.endMs,
      what: `link lost in a gap of ${formatSeconds(gapMs)}`,
      bound: `only in gaps from ${formatSeconds(supervisionMs)}`,
      measured: `lost ${formatSeconds(link.endMs - gap.beginMs)} into the gap`,
    });
    return;
  }
  tally.addDeadline({
    atMs: overMs,
    withinMs,
    tookMs: next && next.dueMs - gap.endMs,
    what: `no sample in time after a gap of ${formatSeconds(gapMs)}`,
  });
}
