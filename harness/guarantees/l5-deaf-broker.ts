import { BROKER_DELAY_EXCUSES, excusedSpans, keepAliveMs, whileActive } from './excuses.ts';
import type { Excuses, Rule, RunFacts } from './guarantee.ts';
import { formatSeconds, type Tally } from './tally.ts';
import type { TraceView } from './trace-view.ts';
import type { FaultSpan } from './view/fault-spans.ts';
import { firstAfter, lastUntil } from './view/search.ts';

/** Time for the connection to be closed once the client has decided so. */
const CLOSE_MS = 1_000;

/** Other faults that end or delay the connection; with QoS 0, the client cannot notice that nothing is acknowledged. */
const EXCUSES: Excuses = { ...BROKER_DELAY_EXCUSES, 'broker.limits': whileActive };

export const DEAF_RULE: Rule = {
  checks:
    'Time from the first sample during a broker.deaf to the end of the connection, unless the maximum QoS is 0',
  bound: `keep_alive + ${formatSeconds(CLOSE_MS)}`,
  excuses: [EXCUSES],
};

/** A connection on which the broker acknowledges nothing is closed within the keep-alive after the first sample. */
export function checkDeafBroker(fault: FaultSpan, view: TraceView, facts: RunFacts, tally: Tally): void {
  const { first, repeated } = view.deliveries;
  const sentMs = [first, repeated]
    .map((deliveries) => firstAfter(deliveries, fault.beginMs, ({ atMs }) => atMs)?.atMs ?? Infinity)
    .reduce((a, b) => Math.min(a, b));
  const withinMs = keepAliveMs(facts) + CLOSE_MS;
  const deadlineMs = sentMs + withinMs;
  if (sentMs > fault.endMs || deadlineMs > view.endMs || !view.runsThrough(sentMs, deadlineMs)) return;
  if (excusedSpans(view, facts, EXCUSES, fault).overlaps(sentMs, deadlineMs)) return;
  const connection = lastUntil(view.connections, sentMs, ({ beginMs }) => beginMs);
  if (!connection || connection.endMs < sentMs || connection.terms.maximumQoS === 0) return;
  const tookMs = connection.endMs - sentMs;
  tally.addDeadline({
    atMs: Math.min(connection.endMs, deadlineMs),
    withinMs,
    tookMs: Number.isFinite(tookMs) ? tookMs : undefined,
    what: 'the client did not close a connection on which the broker acknowledges nothing',
  });
}
