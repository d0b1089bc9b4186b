import { dueSamples, drainingSpans } from './drain.ts';
import { BROKER_EXCUSES, keepAliveMs, excusedSpans } from './excuses.ts';
import type { Guarantee, RunFacts } from './guarantee.ts';
import { formatCount, formatSeconds, Tally } from './tally.ts';
import type { TraceView } from './trace-view.ts';
import type { FaultSpan } from './view/fault-spans.ts';
import { firstAfter, lastUntil } from './view/search.ts';
import type { Span } from './view/span.ts';

const OUTAGES = ['broker.stop', 'broker.refuse', 'broker.blackhole'] as const;
/** How many keep-alive intervals a side may be silent before the other takes it for dead: MQTT 3.1.1, section 3.1.2.10. */
const KEEP_ALIVE_FACTOR = 1.5;
/** Timers drop fractions of a millisecond. */
const ROUNDING_MS = 1;

const beginOf = ({ beginMs }: Span): number => beginMs;

export const l5: Guarantee = {
  title: 'Once the broker is back the client is too, without storming it, and delivers what has waited',
  check(view, facts) {
    const tally = new Tally();
    const flows = drainingSpans(view, facts);
    for (const closure of view.faultsNamed(...OUTAGES)) {
      judgeReconnect(closure, view, facts, tally);
      judgeBacklog(closure, flows, view, facts, tally);
      judgeAttempts(closure, view, facts, tally);
    }
    return tally.verdict;
  },
};

/** Connected within the longest pause and one attempt. */
function judgeReconnect(closure: FaultSpan, view: TraceView, facts: RunFacts, tally: Tally): void {
  const openMs = closure.endMs;
  const withinMs = reconnectBoundMs(closure, view, facts);
  const backMs = isConnected(closure, view) ? openMs : firstContactMs(openMs, view);
  const overMs = Math.min(openMs + withinMs, backMs);
  if (overMs > view.endMs || !view.livesThrough(openMs, overMs)) return;
  if (excusedSpans(view, facts, BROKER_EXCUSES, closure).overlaps(openMs, overMs)) return;
  tally.addDeadline({
    atMs: overMs,
    withinMs,
    tookMs: Number.isFinite(backMs) ? backMs - openMs : undefined,
    what: `the client was not back soon enough after ${closure.fault}`,
  });
}

function reconnectBoundMs({ fault, beginMs, endMs }: FaultSpan, view: TraceView, facts: RunFacts): number {
  const { reconnectMinMs, reconnectMaxMs, connectTimeoutMs } = facts.config.mqtt;
  const noticedMs = beginMs + KEEP_ALIVE_FACTOR * keepAliveMs(facts);
  const unnoticedMs = fault === 'broker.blackhole' ? Math.max(0, noticedMs - endMs) : 0;
  // Only a connection tells which version of MQTT the broker speaks: it may take a second attempt.
  const life = view.lifeAt(endMs);
  const isFirst = !view.connections.some(
    (connection) => connection.life === life && connection.beginMs < endMs,
  );
  return reconnectMaxMs + connectTimeoutMs + unnoticedMs + (isFirst ? reconnectMinMs : 0);
}

/** Whether the fault has left the client its connection; one into nothing is none. */
function isConnected({ fault, endMs }: FaultSpan, { connections }: TraceView): boolean {
  const connection = lastUntil(connections, endMs, beginOf);
  return fault !== 'broker.blackhole' && connection !== undefined && connection.endMs > endMs;
}

/** When the broker next hears from the client; Infinity where it does not. */
function firstContactMs(afterMs: number, { connections, clientMessagesMs }: TraceView): number {
  const connected = firstAfter(connections, afterMs, beginOf)?.beginMs ?? Infinity;
  return Math.min(connected, firstAfter(clientMessagesMs, afterMs, (ms) => ms) ?? Infinity);
}

/** What had waited is there two seconds and n / drain_rate after the connection. */
function judgeBacklog(
  { endMs }: FaultSpan,
  flows: readonly Span[],
  view: TraceView,
  facts: RunFacts,
  tally: Tally,
): void {
  const connection = firstAfter(view.connections, endMs, beginOf);
  const flow = flows.find(({ beginMs }) => beginMs === connection?.beginMs);
  if (!connection || !flow) return;
  const { beginMs } = connection;
  const backlog = view.samples.filter(
    ({ storedMs, deliveredMs, dropReport }) => storedMs < beginMs && deliveredMs > beginMs && !dropReport,
  );
  const due = dueSamples(flow, view, facts).filter(({ sample }) => sample.storedMs < beginMs);
  const last = due.at(-1);
  if (!last || due.length < backlog.length) return;
  const drainedMs = backlog.reduce((latestMs, { deliveredMs }) => Math.max(latestMs, deliveredMs), beginMs);
  tally.addDeadline({
    atMs: Math.min(drainedMs, last.byMs),
    withinMs: last.byMs - beginMs,
    tookMs: Number.isFinite(drainedMs) ? drainedMs - beginMs : undefined,
    what: `a backlog of ${formatCount(backlog.length, 'sample')} was not delivered soon enough`,
  });
}

/** In any time T there are at most T / reconnect_min + 1 attempts: between two of them lies reconnect_min at least. */
function judgeAttempts(
  { beginMs, endMs }: FaultSpan,
  view: TraceView,
  { config }: RunFacts,
  tally: Tally,
): void {
  const { reconnectMinMs } = config.mqtt;
  const backMs = firstAfter(view.connections, endMs, beginOf)?.beginMs ?? view.endMs;
  const attempts = view.brokerAttempts.filter(({ atMs }) => atMs > beginMs && atMs <= backMs);
  if (attempts.length > 1) tally.countChecks();
  attempts.forEach(({ atMs, life }, index) => {
    const before = attempts[index - 1];
    if (!before || before.life !== life) return;
    const apartMs = atMs - before.atMs;
    if (apartMs + ROUNDING_MS >= reconnectMinMs) return;
    tally.addViolation({
      atMs,
      what: 'the client tried the broker again too soon',
      bound: `attempts at least ${formatSeconds(reconnectMinMs)} apart`,
      measured: `${formatSeconds(apartMs)} apart`,
    });
  });
}
