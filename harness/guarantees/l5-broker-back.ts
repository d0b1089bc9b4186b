import { DELIVERY_BOUND, dueSamples, drainingSpans } from './drain.ts';
import {
  BROKER_EXCUSES,
  DELIVERY_EXCUSES,
  DISK_EXCUSES,
  keepAliveMs,
  excusedSpans,
  whileActive,
} from './excuses.ts';
import type { Excuses, Guarantee, RunFacts } from './guarantee.ts';
import { checkDeafBroker, DEAF_RULE } from './l5-deaf-broker.ts';
import { NEGOTIATION_BOUND, negotiationMs } from './l5-negotiation.ts';
import { formatCount, formatSeconds, Tally } from './tally.ts';
import { untilSentAgain } from './sent-again.ts';
import { brokerPauses } from './s9-broker-attempts.ts';
import type { TraceView } from './trace-view.ts';
import type { FaultSpan } from './view/fault-spans.ts';
import { firstAfter, lastUntil } from './view/search.ts';
import type { Span } from './view/span.ts';

const OUTAGES = [
  'broker.stop',
  'broker.refuse',
  'broker.blackhole',
  'broker.reset',
  'broker.foreign',
] as const;
/** Faults that only end the connection. What was in flight may be held back for some time: the broker may refuse it. */
const CLOSES = [
  'broker.kick',
  'broker.push',
  'broker.announce',
  'broker.disconnect',
  'broker.garbage',
  'broker.flap',
] as const;
/** What may be refused is sent again only over a connection that has lasted. */
const BACKLOG_EXCUSES: Excuses = { ...DELIVERY_EXCUSES, 'broker.poison': untilSentAgain };
/** Number of keep-alive intervals without traffic that end a connection: MQTT 3.1.1, section 3.1.2.10. */
const KEEP_ALIVE_FACTOR = 1.5;
/** Time in which a broker answers CONNECT, and the rounding of timers. */
const CONNECT_MS = 200;
/** Over a slow network, a connection takes longer. */
const RECONNECT_EXCUSES: Excuses = { ...BROKER_EXCUSES, 'broker.lag': whileActive };
/** Time in which a process reads its configuration, opens its outbox, and connects. */
const START_MS = 1_000;
/** The outbox is opened first. */
const START_EXCUSES: Excuses = { ...RECONNECT_EXCUSES, ...DISK_EXCUSES, 'broker.limits': whileActive };
/** Timers truncate fractions of a millisecond. */
const ROUNDING_MS = 1;

const beginOf = ({ beginMs }: Span): number => beginMs;

export const l5: Guarantee = {
  title: 'Once the broker is back, the client reconnects without flooding it, and delivers the backlog',
  rules: [
    {
      checks: `Time from the end of ${[...OUTAGES, ...CLOSES].join(', ')} to the next connection or message`,
      bound:
        `what is left of the last attempt (at most mqtt.connect_timeout) and of the longest pause after it by S9, + ${formatSeconds(CONNECT_MS)}, ` +
        `${NEGOTIATION_BOUND}; after broker.blackhole, or another fault before the connection that follows one, reconnect_max + mqtt.connect_timeout + what is left of ${KEEP_ALIVE_FACTOR} × keep_alive since its beginning`,
      excuses: [RECONNECT_EXCUSES],
    },
    {
      checks: 'Time from the start of a process to its first connection',
      bound: `${formatSeconds(START_MS)} ${NEGOTIATION_BOUND}`,
      excuses: [START_EXCUSES],
    },
    {
      checks: `Time from that connection after ${OUTAGES.join(', ')} to the delivery of the last sample that was stored before it`,
      bound: DELIVERY_BOUND,
      excuses: [BACKLOG_EXCUSES],
    },
    {
      checks: 'Interval between two attempts of a process until then',
      bound: 'at least reconnect_min',
      excuses: [],
    },
    DEAF_RULE,
  ],
  blindSpots: [
    'A backlog that was not due before the connection ended, or before a fault began: it is not checked at all.',
    'Samples that are sent faster than drain_rate: S9 checks that.',
    'Reconnection after broker.limits: S1 and L8 to L11 check what depends on it.',
    'Failures of DNS and TLS: the world has neither.',
  ],
  check(view, facts) {
    const tally = new Tally();
    const draining = drainingSpans(view, facts);
    for (const outage of view.faultsNamed(...OUTAGES, ...CLOSES)) checkReconnect(outage, view, facts, tally);
    checkStarts(view, facts, tally);
    for (const outage of view.faultsNamed(...OUTAGES)) {
      checkBacklog(outage, draining, view, facts, tally);
      checkAttempts(outage, view, facts, tally);
    }
    for (const fault of view.faultsNamed('broker.deaf')) checkDeafBroker(fault, view, facts, tally);
    return tally.result;
  },
};

/** A process connects as soon as it has started, whether it finds the scooter or not. */
function checkStarts(view: TraceView, facts: RunFacts, tally: Tally): void {
  const excused = excusedSpans(view, facts, START_EXCUSES);
  for (const process of view.processes) {
    const { beginMs } = process;
    const withinMs = START_MS + negotiationMs(beginMs, true, view, facts);
    const own = view.connections.find((connection) => connection.process === process);
    const overMs = Math.min(beginMs + withinMs, own?.beginMs ?? Infinity);
    if (overMs > view.endMs || !view.runsThrough(beginMs, overMs)) continue;
    if (excused.overlaps(beginMs, overMs)) continue;
    tally.addDeadline({
      atMs: overMs,
      withinMs,
      tookMs: own ? own.beginMs - beginMs : undefined,
      what: 'the client did not connect in time after its start',
    });
  }
}

/** The client is connected within the longest backoff and one attempt. */
function checkReconnect(outage: FaultSpan, view: TraceView, facts: RunFacts, tally: Tally): void {
  const openMs = outage.endMs;
  const withinMs = reconnectBoundMs(outage, view, facts);
  const backMs = isConnected(outage, view) ? openMs : firstContactMs(openMs, view);
  const overMs = Math.min(openMs + withinMs, backMs);
  if (overMs > view.endMs || !view.runsThrough(openMs, overMs)) return;
  if (excusedSpans(view, facts, RECONNECT_EXCUSES, outage).overlaps(openMs, overMs)) return;
  tally.addDeadline({
    atMs: overMs,
    withinMs,
    tookMs: Number.isFinite(backMs) ? backMs - openMs : undefined,
    what: `the client did not reconnect in time after ${outage.fault}`,
  });
}

function reconnectBoundMs(outage: FaultSpan, view: TraceView, facts: RunFacts): number {
  const { endMs } = outage;
  const { reconnectMaxMs, connectTimeoutMs } = facts.config.mqtt;
  // The MQTT version of the broker is not known before the first connection, so that may take a second attempt.
  const process = view.processAt(endMs);
  const isFirst = !view.connections.some(
    (connection) => connection.process === process && connection.beginMs < endMs,
  );
  const offersMs = negotiationMs(endMs, isFirst, view, facts);
  const blackhole = unnoticedBlackhole(outage, view);
  if (blackhole) {
    const noticedMs = blackhole.beginMs + KEEP_ALIVE_FACTOR * keepAliveMs(facts);
    return reconnectMaxMs + connectTimeoutMs + Math.max(0, noticedMs - endMs) + offersMs;
  }
  const longestMs = reconnectMaxMs + connectTimeoutMs;
  const pause = lastUntil(brokerPauses(view, facts), endMs, ({ attempt }) => attempt.atMs);
  const leftMs = pause ? pause.fromMs + pause.longestMs - endMs : Infinity;
  return Math.max(0, Math.min(leftMs, longestMs)) + CONNECT_MS + offersMs;
}

/** The fault if it is a black hole, or the last one before it; a client connected through one notices nothing else. */
function unnoticedBlackhole(outage: FaultSpan, view: TraceView): FaultSpan | undefined {
  if (outage.fault === 'broker.blackhole') return outage;
  const last = lastUntil(view.faultsNamed('broker.blackhole'), outage.endMs, beginOf);
  const connectedMs = last && (firstAfter(view.connections, last.beginMs, beginOf)?.beginMs ?? Infinity);
  return connectedMs !== undefined && connectedMs > outage.endMs ? last : undefined;
}

/** Whether the client has kept its connection. A connection through a black hole does not count. */
function isConnected({ fault, endMs }: FaultSpan, { connections }: TraceView): boolean {
  const connection = lastUntil(connections, endMs, beginOf);
  return fault !== 'broker.blackhole' && connection !== undefined && connection.endMs > endMs;
}

/** Time of the client's next connection or message; Infinity if there is none. */
function firstContactMs(afterMs: number, { connections, clientMessagesMs }: TraceView): number {
  const connected = firstAfter(connections, afterMs, beginOf)?.beginMs ?? Infinity;
  return Math.min(connected, firstAfter(clientMessagesMs, afterMs, (ms) => ms) ?? Infinity);
}

/** A backlog of n samples is delivered 2 s + n / drain_rate after the connection. */
function checkBacklog(
  { endMs }: FaultSpan,
  draining: readonly Span[],
  view: TraceView,
  facts: RunFacts,
  tally: Tally,
): void {
  const connection = firstAfter(view.connections, endMs, beginOf);
  const span = draining.find(({ beginMs }) => beginMs === connection?.beginMs);
  if (!connection || !span) return;
  const { beginMs } = connection;
  const backlog = view.samples.filter(
    ({ storedMs, deliveredMs, dropReport }) => storedMs < beginMs && deliveredMs > beginMs && !dropReport,
  );
  const due = dueSamples(span, view, facts).filter(({ sample }) => sample.storedMs < beginMs);
  const last = due.at(-1);
  if (!last || due.length < backlog.length) return;
  if (excusedSpans(view, facts, BACKLOG_EXCUSES).overlaps(beginMs, last.byMs)) return;
  const drainedMs = backlog.reduce((latestMs, { deliveredMs }) => Math.max(latestMs, deliveredMs), beginMs);
  tally.addDeadline({
    atMs: Math.min(drainedMs, last.byMs),
    withinMs: last.byMs - beginMs,
    tookMs: Number.isFinite(drainedMs) ? drainedMs - beginMs : undefined,
    what: `a backlog of ${formatCount(backlog.length, 'sample')} was not delivered in time`,
  });
}

/** Attempts are at least `reconnect_min` apart. */
function checkAttempts(
  { beginMs, endMs }: FaultSpan,
  view: TraceView,
  { config }: RunFacts,
  tally: Tally,
): void {
  const { reconnectMinMs } = config.mqtt;
  const backMs = firstAfter(view.connections, endMs, beginOf)?.beginMs ?? view.endMs;
  const attempts = view.brokerAttempts.filter(({ atMs }) => atMs > beginMs && atMs <= backMs);
  if (attempts.length > 1) tally.countChecks();
  attempts.forEach(({ atMs, process }, index) => {
    const before = attempts[index - 1];
    if (!before || before.process !== process) return;
    const apartMs = atMs - before.atMs;
    if (apartMs + ROUNDING_MS >= reconnectMinMs) return;
    tally.addViolation({
      atMs,
      what: 'the client retried the broker too early',
      bound: `attempts at least ${formatSeconds(reconnectMinMs)} apart`,
      measured: `${formatSeconds(apartMs)} apart`,
    });
  });
}
