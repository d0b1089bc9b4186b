import { MAX_COUNTER } from '../../protocol/encrypted-frame.ts';
import { SCOOTER_IN_TROUBLE, troubles } from './excuses.ts';
import type { Guarantee, Terms } from './guarantee.ts';
import { nextCycle, pollingAt, supervisionAt } from './polling.ts';
import { seconds, Tally } from './tally.ts';
import type { TraceView } from './trace-view.ts';
import type { FaultSpan } from './view/fault-spans.ts';

/** A session that has come so far may end at any time: a login is due before its frame counter wraps. */
const LONGEST_SESSION = MAX_COUNTER - 1_000;

export const l1: Guarantee = {
  title: 'A gap shorter than the supervision timeout costs nothing',
  check(view, terms) {
    const tally = new Tally();
    for (const gap of view.faultsNamed('radio.gap')) judgeGap(gap, view, terms, tally);
    return tally.verdict;
  },
};

/** The same link goes on, and the next sample comes within one interval and one request timeout after the gap. */
function judgeGap(gap: FaultSpan, view: TraceView, terms: Terms, tally: Tally): void {
  const before = pollingAt(view, gap.beginMs);
  if (!before || before.link.replies > LONGEST_SESSION) return;
  const { link } = before;
  // A client that asks for less than it was told has broken its word already.
  const supervisionMs = Math.max(supervisionAt(link, gap.beginMs), terms.config.scooter.supervisionTimeoutMs);
  const gapMs = gap.endMs - gap.beginMs;
  if (gapMs >= supervisionMs) return;

  const { mqtt, scooter } = terms.config;
  const withinMs = mqtt.sendIntervalMs + scooter.requestTimeoutMs;
  const next = nextCycle(view, gap.endMs);
  const overMs = Math.min(gap.endMs + withinMs, next?.dueMs ?? Infinity, link.endMs);
  if (overMs > view.endMs) return;
  if (troubles(view, terms, SCOOTER_IN_TROUBLE, gap).meets(before.dueMs, overMs)) return;

  if (link.endMs === overMs) {
    tally.occasions();
    tally.violation({
      atMs: link.endMs,
      what: `a gap of ${seconds(gapMs)} cost the link`,
      bound: `a gap below ${seconds(supervisionMs)} does not`,
      measured: `lost ${seconds(link.endMs - gap.beginMs)} after the gap began`,
    });
    return;
  }
  tally.deadline({
    atMs: overMs,
    withinMs,
    tookMs: next && next.dueMs - gap.endMs,
    what: `no sample soon enough after a gap of ${seconds(gapMs)}`,
  });
}
