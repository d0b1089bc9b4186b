import type { EventOf } from '../world/trace/event.ts';
import { parseSampleId } from '../world/trace/sample-id.ts';
import { excusedSpans, RECEPTION_EXCUSES } from './excuses.ts';
import type { Guarantee, RunFacts } from './guarantee.ts';
import { HEAD_START_MS, publishingSpans, TOPIC_EXCUSES } from './publishing.ts';
import { sampleName } from './sample-names.ts';
import { formatSeconds, Tally } from './tally.ts';
import type { TraceView } from './trace-view.ts';
import { firstAfter, lastUntil } from './view/search.ts';
import type { Span } from './view/span.ts';

/** Time from the last reply of a poll to the message. */
const PUBLISH_MS = 300;
/** Part of the sample interval by which a message may be early: samples are not taken to the millisecond. */
const EARLY_SHARE = 0.1;
const ROUNDING_MS = 1;

export const l9: Guarantee = {
  title: 'The newest sample is on the live topic at once, at most once in each live interval',
  rules: [
    {
      checks: `Time from the last reply of a poll to its sample on the live topic, if the last one is older than live_interval − ${EARLY_SHARE} × send_interval`,
      bound: formatSeconds(PUBLISH_MS),
      excuses: [TOPIC_EXCUSES, RECEPTION_EXCUSES],
    },
    {
      checks: 'Interval between two samples on the live topic',
      bound: `at least live_interval − ${EARLY_SHARE} × send_interval`,
      excuses: [TOPIC_EXCUSES],
    },
    {
      checks: 'Samples on the live topic that are older than an earlier one of the same process',
      bound: 'none, whatever happens',
      excuses: [],
    },
    {
      checks: 'Samples on the live topic with live_interval = "off"',
      bound: 'none, whatever happens',
      excuses: [],
    },
    {
      checks: 'Time from a connection to the removal of the retained sample with live_interval = "off"',
      bound: formatSeconds(HEAD_START_MS),
      excuses: [TOPIC_EXCUSES],
    },
  ],
  blindSpots: [
    'Which sample it is, and what it contains: S4 compares it with the replies.',
    `The first ${formatSeconds(HEAD_START_MS)} of a connection, and after a fault.`,
    'The same sample published twice in a row, as after a reconnection.',
  ],
  check(view, facts) {
    const tally = new Tally();
    const spans = publishingSpans(view, facts, 'live');
    const messages = view.messages('live');
    if (facts.config.mqtt.liveIntervalMs === Infinity) {
      checkRemoved(spans, view, tally);
      return tally.result;
    }
    checkOrder(messages, tally);
    const published = newSamples(messages);
    for (const span of spans) {
      checkPrompt(span, published, view, facts, tally);
      checkRate(span, published, facts, tally);
    }
    return tally.result;
  },
};

/** Messages with another sample than the one before; a new connection publishes the last sample again. */
function newSamples(messages: readonly EventOf<'received'>[]): readonly EventOf<'received'>[] {
  return messages.filter(({ payload }, index) => payload !== messages[index - 1]?.payload);
}

/** The retained message is the newest sample. */
function checkOrder(messages: readonly EventOf<'received'>[], tally: Tally): void {
  const newest = new Map<string, number>();
  for (const { atMs, payload } of messages) {
    const id = parseSampleId(payload);
    if (!id) continue;
    const newestSeq = newest.get(id.bootId) ?? 0;
    newest.set(id.bootId, Math.max(newestSeq, id.seq));
    tally.countChecks();
    if (id.seq >= newestSeq) continue;
    tally.addViolation({
      atMs,
      what: 'an older sample follows a newer one on the live topic',
      bound: `at least ${sampleName({ bootId: id.bootId, seq: newestSeq })}`,
      measured: sampleName(id),
    });
  }
}

/** After each poll, its sample is on the live topic, unless the last one is younger than the interval. */
function checkPrompt(
  { beginMs, endMs }: Span,
  published: readonly EventOf<'received'>[],
  view: TraceView,
  facts: RunFacts,
  tally: Tally,
): void {
  const minMs = minIntervalMs(facts);
  const unreceived = excusedSpans(view, facts, RECEPTION_EXCUSES);
  for (const { dueMs, link } of view.cycles) {
    const byMs = dueMs + PUBLISH_MS;
    if (dueMs < beginMs || byMs > endMs || byMs > view.endMs || link.endMs <= byMs) continue;
    if (unreceived.overlaps(dueMs - PUBLISH_MS, byMs)) continue;
    const last = lastUntil(published, dueMs - ROUNDING_MS, ({ atMs }) => atMs);
    if (dueMs - Math.max(last?.atMs ?? -Infinity, beginMs - HEAD_START_MS) < minMs + ROUNDING_MS) continue;
    const next = firstAfter(published, dueMs - ROUNDING_MS, ({ atMs }) => atMs);
    tally.addDeadline({
      atMs: byMs,
      withinMs: PUBLISH_MS,
      tookMs: elapsedMs(dueMs, next),
      what: 'a sample was not published on the live topic in time',
    });
  }
}

function checkRate(
  { beginMs, endMs }: Span,
  published: readonly EventOf<'received'>[],
  facts: RunFacts,
  tally: Tally,
): void {
  const minMs = minIntervalMs(facts);
  if (minMs <= 0) return;
  const inSpan = published.filter(({ atMs }) => atMs >= beginMs && atMs <= endMs);
  inSpan.forEach(({ atMs }, index) => {
    const apartMs = atMs - (inSpan[index - 1]?.atMs ?? -Infinity);
    tally.countChecks();
    if (apartMs + ROUNDING_MS >= minMs) return;
    tally.addViolation({
      atMs,
      what: 'samples on the live topic follow each other too closely',
      bound: `at least ${formatSeconds(minMs)} apart`,
      measured: formatSeconds(apartMs),
    });
  });
}

function minIntervalMs({ config: { mqtt } }: RunFacts): number {
  return mqtt.liveIntervalMs - EARLY_SHARE * mqtt.sendIntervalMs;
}

function elapsedMs(sinceMs: number, message: EventOf<'received'> | undefined): number | undefined {
  return message === undefined ? undefined : message.atMs - sinceMs;
}

/** With `live_interval = "off"`, each connection removes the retained sample, and none is published. */
function checkRemoved(spans: readonly Span[], view: TraceView, tally: Tally): void {
  const messages = view.messages('live');
  for (const { atMs } of messages.filter(({ payload }) => payload !== '')) {
    tally.countChecks();
    tally.addViolation({
      atMs,
      what: 'a sample was published on the live topic',
      bound: 'none, because live_interval is "off"',
      measured: 'one',
    });
  }
  for (const { beginMs } of view.connections) {
    if (!spans.some((span) => span.beginMs === beginMs + HEAD_START_MS)) continue;
    const removed = firstAfter(messages, beginMs - ROUNDING_MS, ({ atMs }) => atMs);
    tally.addDeadline({
      atMs: beginMs + HEAD_START_MS,
      withinMs: HEAD_START_MS,
      tookMs: elapsedMs(beginMs, removed),
      what: 'the retained sample on the live topic was not removed',
    });
  }
}
