import { describe, expect, it } from 'vitest';
import type { TraceEvent } from '../world/trace/event.ts';
import { TraceBuilder } from './testing/trace-builder.ts';
import type { TopicName } from './view/topics.ts';

const MINUTE_MS = 60_000;
/** Suspension, health interval, and the time in which the report is published. */
const RETRIED_MS = 10 * MINUTE_MS + MINUTE_MS + 1_000;

type Change = (events: readonly TraceEvent[]) => readonly TraceEvent[];

/** Marks the messages of a topic between the beginning of a fault and a later time, or leaves them out. */
function withoutMessages(trace: TraceBuilder, topic: TopicName, { forMs = Infinity, isSent = true }): Change {
  const fromMs = trace.events.find(({ type }) => type === 'fault.began')?.atMs ?? Infinity;
  return (events) =>
    events.flatMap((event): readonly TraceEvent[] => {
      const isForbidden =
        event.type === 'received' &&
        event.topic === trace.topicOf(topic) &&
        event.atMs >= fromMs &&
        event.atMs <= fromMs + forMs;
      if (!isForbidden) return [event];
      return isSent ? [{ ...event, isForbidden }] : [];
    });
}

/** A client that is connected while the broker forbids a topic for a minute, and for some time afterwards. */
function forbidding(topic: TopicName, afterMs: number): TraceBuilder {
  const trace = TraceBuilder.riding();
  const step = trace.beginFault('broker.forbid', `topic ${topic}`);
  trace.advance(MINUTE_MS);
  trace.endFault(step);
  trace.advance(afterMs);
  return trace;
}

describe('a topic that the broker forbids', () => {
  it.each([
    ['L9', 'live'],
    ['L11', 'health'],
  ] as const)('is excused in %s for ten minutes and a health interval, and not longer', (id, topic) => {
    const soon = forbidding(topic, RETRIED_MS);
    expect(soon.result(id, withoutMessages(soon, topic, {})).violations).toEqual([]);
    const late = forbidding(topic, RETRIED_MS + 2 * MINUTE_MS);
    const never = withoutMessages(late, topic, { isSent: false });
    const { violations } = late.result(id, never);
    expect(violations.length).toBeGreaterThan(0);
    for (const { atMs } of violations) expect(atMs).toBeGreaterThan(30_000 + MINUTE_MS + RETRIED_MS);
    const again = withoutMessages(late, topic, { forMs: RETRIED_MS });
    expect(late.result(id, again).violations).toEqual([]);
  });

  it('is excused in L10 until then, and has its last state by then', () => {
    const trace = TraceBuilder.riding();
    const step = trace.beginFault('broker.forbid', 'topic scooter');
    trace.linkDown();
    trace.advance(MINUTE_MS);
    trace.endFault(step);
    trace.advance(RETRIED_MS);
    const change = withoutMessages(trace, 'scooter', {});
    expect(trace.result('L10', change).violations).toEqual([]);
    trace.advance(5_000);
    expect(trace.result('L10', change).violations).toMatchObject([
      { what: 'the state of a scooter without a link', measured: 'connected' },
    ]);
  });

  it.each([
    ['L9', 'live'],
    ['L11', 'health'],
  ] as const)('does not excuse the others in %s', (id, topic) => {
    const trace = forbidding('scooter', 5 * MINUTE_MS);
    const { violations } = trace.result(id, withoutMessages(trace, topic, { isSent: false }));
    expect(violations.length).toBeGreaterThan(0);
  });

  it.each([
    ['dropped', 0],
    ['health', 0],
    ['scooter', 1],
  ] as const)('excuses in S1 that drops are not reported, if it is %s', (topic, count) => {
    const trace = forbidding(topic, 2 * MINUTE_MS);
    const { violations } = trace.result('S1', (events) =>
      events.filter(({ type, ...event }) => {
        if (type !== 'received' || !('topic' in event) || event.topic !== trace.topicOf('journal'))
          return true;
        return !event.payload.includes('"seq":10,');
      }),
    );
    expect(violations.filter(({ what }) => what.includes('not reported as dropped'))).toHaveLength(count);
  });

  it.each([
    ['MQTT 4', 0],
    ['MQTT 5', 1],
  ])('excuses in L13 that the connection ends, if it is one of %s', (version, count) => {
    const trace = TraceBuilder.riding();
    const step = trace.beginFault('broker.forbid', 'topic live');
    trace.disconnect();
    trace.advance(5_000);
    trace.connect();
    trace.endFault(step);
    trace.advance(20_000);
    const { violations } = trace.result('L13', (events) =>
      events.map((event) =>
        event.type === 'broker.attempt' ? { ...event, offer: `${version}, no will` } : event,
      ),
    );
    expect(violations).toHaveLength(count);
  });
});
