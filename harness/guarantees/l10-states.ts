import { ADAPTER_EXCUSES, excusedSpans } from './excuses.ts';
import { EXIT } from './exit-codes.ts';
import type { Guarantee, RunFacts } from './guarantee.ts';
import { HEAD_START_MS, publishingSpans, TOPIC_EXCUSES } from './publishing.ts';
import { formatSeconds, Tally } from './tally.ts';
import type { TraceView } from './trace-view.ts';
import type { Link } from './view/links.ts';
import { firstAfter, lastBefore, lastUntil } from './view/search.ts';
import type { Span, Spans } from './view/span.ts';
import type { TopicName } from './view/topics.ts';

/** Time in which a change of state is published. */
const PUBLISH_MS = 1_000;
const ONLINE = 'online';
const CONNECTED = 'connected';
/** The last state of a process that gives the scooter up, by its exit code. */
const FINAL_STATES: Readonly<Partial<Record<number, string>>> = {
  [EXIT.notFound]: 'away',
  [EXIT.lostTooLong]: 'away',
  [EXIT.tokenRefused]: 'refused',
};

export const l10: Guarantee = {
  title: 'The status and scooter topics follow the connections within a second',
  rules: [
    {
      checks: `Status ${formatSeconds(HEAD_START_MS)} after a connection to the broker or the end of a fault, and just before the next fault begins`,
      bound: `"${ONLINE}"; after a last will that the broker publishes late, health_interval + ${formatSeconds(PUBLISH_MS)} later`,
      excuses: [TOPIC_EXCUSES],
    },
    {
      checks: 'Time between a health report and the nearest status',
      bound: `${formatSeconds(PUBLISH_MS)}, and the status is "${ONLINE}"`,
      excuses: [TOPIC_EXCUSES],
    },
    {
      checks: `State of the scooter ${formatSeconds(PUBLISH_MS)} after the first poll of a link, and after the end of a fault`,
      bound: `"${CONNECTED}"`,
      excuses: [TOPIC_EXCUSES, ADAPTER_EXCUSES],
    },
    {
      checks: `State of the scooter ${formatSeconds(PUBLISH_MS)} after the end of a link with polls, if there is no other link`,
      bound: `another one than "${CONNECTED}"`,
      excuses: [TOPIC_EXCUSES, ADAPTER_EXCUSES],
    },
    {
      checks: `State of the scooter at an exit ${Object.keys(FINAL_STATES).join(', ')}, if a connection to the broker lasts until then`,
      bound: `${[...new Set(Object.values(FINAL_STATES))].map((state) => `"${state}"`).join(', ')}, as the exit code says`,
      excuses: [TOPIC_EXCUSES],
    },
  ],
  blindSpots: [
    'The topics between these moments: a state that changes for no reason and back is not noticed.',
    'Which of the other states of the scooter is published without a link, until the process ends.',
    'The status at the end of a connection: L7 checks the stop.',
  ],
  check(view, facts) {
    const tally = new Tally();
    checkStatus(spansOf('status', view, facts), view, facts, tally);
    checkRepeated(spansOf('health', view, facts), view, facts, tally);
    const spans = spansOf('scooter', view, facts);
    checkScooter(spans, view, facts, tally);
    checkFinal(spans, view, facts, tally);
    return tally.result;
  },
};

/** Spans in which a topic follows the connections. */
function spansOf(topic: TopicName, view: TraceView, facts: RunFacts): readonly Span[] {
  return publishingSpans(view, facts, topic).filter(({ beginMs, endMs }) => endMs > beginMs);
}

/** The status is `online` from the head start of a connection to its end. */
function checkStatus(spans: readonly Span[], view: TraceView, { config }: RunFacts, tally: Tally): void {
  const repeatMs = config.mqtt.healthIntervalMs + PUBLISH_MS;
  for (const { beginMs, endMs } of spans) {
    for (const atMs of [beginMs, endMs]) {
      // The client says that it is offline before it disconnects.
      if (atMs === endMs && isEnding(view, endMs)) continue;
      // What is published when a fault begins may be its effect.
      const latest = atMs === endMs ? lastBefore : lastUntil;
      const last = latest(view.statusMessages, atMs, (message) => message.atMs);
      if (last?.isWill === true && isLate(last, view) && atMs < last.atMs + repeatMs) continue;
      tally.countChecks();
      if (last?.payload === ONLINE) continue;
      tally.addViolation({
        atMs,
        what: 'the status of a client that is connected to the broker',
        bound: ONLINE,
        measured: last?.payload ?? 'nothing',
      });
    }
  }
}

/** The status is published with each health report: a broker may have lost it, or have published a last will late. */
function checkRepeated(spans: readonly Span[], view: TraceView, facts: RunFacts, tally: Tally): void {
  const statusSpans = spansOf('status', view, facts);
  const own = view.statusMessages.filter(({ isWill, payload }) => !isWill && payload === ONLINE);
  for (const { atMs } of view.messages('health')) {
    const fromMs = atMs - PUBLISH_MS;
    const toMs = atMs + PUBLISH_MS;
    const isClear = [spans, statusSpans].every((clear) =>
      clear.some(({ beginMs, endMs }) => beginMs <= fromMs && toMs <= endMs),
    );
    if (!isClear) continue;
    const near = firstAfter(own, fromMs, (message) => message.atMs);
    tally.countChecks();
    if (near && near.atMs <= toMs) continue;
    tally.addViolation({
      atMs,
      what: 'the status was not published with the health report',
      bound: `${ONLINE} within ${formatSeconds(PUBLISH_MS)}`,
      measured: 'nothing',
    });
  }
}

/** Whether a last will was published when the client was connected again: Aedes does that at its heartbeat. */
function isLate({ atMs }: { readonly atMs: number }, { connections }: TraceView): boolean {
  const connection = lastUntil(connections, atMs, ({ beginMs }) => beginMs);
  return connection !== undefined && connection.endMs > atMs;
}

/** Whether a process, a connection or the scenario ends at about this time. */
function isEnding({ connections, processes, endMs }: TraceView, ms: number): boolean {
  return ms >= endMs || [...connections, ...processes].some((span) => Math.abs(span.endMs - ms) < PUBLISH_MS);
}

/** While the scooter is polled, its state is `connected`; after the end of the link it is another one. */
function checkScooter(spans: readonly Span[], view: TraceView, facts: RunFacts, tally: Tally): void {
  const adapterFaults = excusedSpans(view, facts, ADAPTER_EXCUSES);
  for (const link of view.links) {
    const polled = polledSpan(link, view);
    if (!polled) continue;
    for (const span of spans) {
      const atMs = Math.max(polled.beginMs + PUBLISH_MS, span.beginMs);
      // A client whose adapter has failed may know of the end of a link that persists on the air.
      if (atMs >= Math.min(polled.endMs, span.endMs) || adapterFaults.overlaps(polled.beginMs, atMs))
        continue;
      checkState(atMs, true, view, tally);
    }
    if (link.endMs === polled.endMs) checkEnd(link, spans, adapterFaults, view, tally);
  }
}

function checkEnd(
  { beginMs, endMs: lostMs, process }: Link,
  spans: readonly Span[],
  adapterFaults: Spans,
  view: TraceView,
  tally: Tally,
): void {
  for (const span of spans) {
    const atMs = Math.max(lostMs + PUBLISH_MS, span.beginMs);
    if (atMs >= span.endMs || !process || process.endMs <= atMs || atMs >= view.endMs) continue;
    if (adapterFaults.overlaps(beginMs, atMs)) continue;
    const next = firstAfter(view.links, lostMs, ({ beginMs }) => beginMs);
    if (next && next.beginMs <= atMs) continue;
    checkState(atMs, false, view, tally);
  }
}

/** A client that gives the scooter up says so before it disconnects from the broker. */
function checkFinal(spans: readonly Span[], view: TraceView, facts: RunFacts, tally: Tally): void {
  const excused = excusedSpans(view, facts, TOPIC_EXCUSES);
  for (const { beginMs, endMs, end } of view.processes) {
    const expected = FINAL_STATES[end?.code ?? EXIT.stopped];
    if (expected === undefined) continue;
    const last = spans.findLast((span) => span.beginMs >= beginMs && span.endMs <= endMs);
    if (!last || last.endMs < endMs - PUBLISH_MS || excused.overlaps(last.endMs, endMs)) continue;
    const { payload } = lastUntil(view.messages('scooter'), endMs, (message) => message.atMs) ?? {};
    tally.countChecks();
    if (payload === expected) continue;
    tally.addViolation({
      atMs: endMs,
      what: 'the state of a scooter that was given up',
      bound: expected,
      measured: payload ?? 'nothing',
    });
  }
}

function checkState(atMs: number, isConnected: boolean, view: TraceView, tally: Tally): void {
  const { payload } = lastUntil(view.messages('scooter'), atMs, (message) => message.atMs) ?? {};
  tally.countChecks();
  if ((payload === CONNECTED) === isConnected) return;
  tally.addViolation({
    atMs,
    what: isConnected ? 'the state of a scooter that is polled' : 'the state of a scooter without a link',
    bound: isConnected ? CONNECTED : `not ${CONNECTED}`,
    measured: payload ?? 'nothing',
  });
}

/** From the first poll of a link to its end; a link may outlast a process that is killed. */
function polledSpan(link: Link, { cycles }: TraceView): Span | undefined {
  const first = firstAfter(cycles, link.beginMs, ({ dueMs }) => dueMs);
  return first?.link === link
    ? { beginMs: first.dueMs, endMs: Math.min(link.endMs, link.process?.endMs ?? -Infinity) }
    : undefined;
}
