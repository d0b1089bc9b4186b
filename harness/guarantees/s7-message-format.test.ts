import { describe, expect, it } from 'vitest';
import type { EventOf, TraceEvent } from '../world/trace/event.ts';
import { TraceBuilder } from './testing/trace-builder.ts';
import { FORMATS, type TopicName } from './view/topics.ts';

const NAMES = Object.keys(FORMATS) as TopicName[];

/** A client that has published on every topic. */
function published(): TraceBuilder {
  const trace = TraceBuilder.riding();
  trace.publish('dropped', '{"dropped_ranges":[]}');
  return trace;
}

/** Changes the messages on one topic. */
const changed =
  (topic: string, change: Partial<EventOf<'received'>>) =>
  (events: readonly TraceEvent[]): readonly TraceEvent[] =>
    events.map((event) =>
      event.type === 'received' && event.topic === topic ? { ...event, ...change } : event,
    );

/** Changes what client and broker have agreed on. */
const agreed =
  (terms: Partial<EventOf<'broker.connected'>>) =>
  (events: readonly TraceEvent[]): readonly TraceEvent[] =>
    events.map((event) => (event.type === 'broker.connected' ? { ...event, ...terms } : event));

/** Publishes at QoS 1 on the live topic for a time. */
const confirmed =
  (fromMs: number, toMs: number) =>
  (events: readonly TraceEvent[]): readonly TraceEvent[] =>
    events.map((event) =>
      event.type === 'received' && event.topic.endsWith('/live') && event.atMs >= fromMs && event.atMs < toMs
        ? { ...event, qos: 1 }
        : event,
    );

describe('S7', () => {
  it('holds for the messages of every topic', () => {
    const { violations, checks } = published().result('S7');
    expect(violations).toEqual([]);
    expect(checks).toBeGreaterThan(10);
  });

  it.each(NAMES)('is violated by another QoS on the topic %s', (name) => {
    const trace = published();
    trace.advance(20_000);
    const topic = trace.topicOf(name);
    const later = (events: readonly TraceEvent[]): readonly TraceEvent[] => [
      ...events,
      ...changed(topic, { qos: 2, atMs: trace.nowMs })(events).filter(
        (event) => event.type === 'received' && event.topic === topic,
      ),
    ];
    expect(trace.result('S7', later).violations[0]).toMatchObject({
      measured: `QoS 2, ${FORMATS[name].retain ? 'retained' : 'not retained'}`,
    });
  });

  it.each(NAMES)('is violated by another retain flag on the topic %s', (name) => {
    const trace = published();
    const { retain } = FORMATS[name];
    const wrong = changed(trace.topicOf(name), { retain: !retain });
    expect(trace.result('S7', wrong).violations[0]?.measured).toBe(
      `QoS ${FORMATS[name].qos}, ${retain ? 'not retained' : 'retained'}`,
    );
  });

  it('is violated by a message on an unknown topic', () => {
    const trace = published();
    const elsewhere = changed(trace.topicOf('dropped'), { topic: 'vehicle/1/dropped' });
    expect(trace.result('S7', elsewhere).violations).toMatchObject([{ measured: 'vehicle/1/dropped' }]);
  });

  it.each([
    ['without a will', { will: undefined }, 'none'],
    [
      'with a will that is not retained',
      { will: { topic: 'vehicle/1/status', payload: 'offline', qos: 1, retain: false } },
      'offline on vehicle/1/status, QoS 1, not retained',
    ],
    [
      'with a will on another topic',
      { will: { topic: 'vehicle/1/live', payload: 'offline', qos: 1, retain: true } },
      'offline on vehicle/1/live, QoS 1, retained',
    ],
    [
      'with a will that says something else',
      { will: { topic: 'vehicle/1/status', payload: 'online', qos: 1, retain: true } },
      'online on vehicle/1/status, QoS 1, retained',
    ],
  ])('is violated by a connection %s', (_, terms, measured) => {
    const trace = published();
    const change = agreed(terms as Partial<EventOf<'broker.connected'>>);
    expect(trace.result('S7', change).violations).toMatchObject([{ measured }]);
  });

  it.each([
    ['QoS 0', 0x9b, { qos: 0, retain: true }],
    ['a message that is not retained', 0x9a, { qos: 1, retain: false }],
  ])('permits a will with %s after the broker has refused another', (_what, code, format) => {
    const trace = published();
    trace.disconnect();
    trace.advance(1_000);
    trace.connectAttempt();
    trace.record({ type: 'broker.refused', clientId: trace.config.mqtt.clientId, code });
    trace.advance(1_000);
    trace.connect();
    const offeringLess = agreed({ will: { topic: 'vehicle/1/status', payload: 'offline', ...format } });
    const measured = `offline on vehicle/1/status, ${format.qos === 0 ? 'QoS 0, retained' : 'QoS 1, not retained'}`;
    const { violations } = trace.result('S7', offeringLess);
    // The first connection had no reason to offer less.
    expect(violations).toMatchObject([{ atMs: expect.any(Number) as number, measured }]);
    expect(violations[0]?.atMs).toBeLessThan(1_000);
  });

  it('demands no more than the broker supports', () => {
    const trace = published();
    const limited = (events: readonly TraceEvent[]): readonly TraceEvent[] =>
      events.map((event): TraceEvent => {
        if (event.type === 'received') return { ...event, qos: 0, retain: false };
        if (event.type !== 'broker.connected') return event;
        const { will: _, ...connected } = event;
        return { ...connected, maximumQoS: 0, retainAvailable: false };
      });
    expect(trace.result('S7', limited).violations).toEqual([]);
  });

  it('lets a new connection confirm the live topic', () => {
    const trace = TraceBuilder.riding();
    expect(trace.result('S7', confirmed(0, 5_000)).violations).toEqual([]);
    expect(trace.result('S7', confirmed(12_000, 20_000)).violations).not.toEqual([]);
  });

  it.each(['broker.slow', 'broker.lag'] as const)('lets it do so later during %s', (fault) => {
    const trace = TraceBuilder.riding();
    trace.disconnect();
    trace.beginFault(fault);
    trace.connect();
    trace.advance(20_000);
    expect(trace.result('S7', confirmed(42_000, 50_000)).violations).toEqual([]);
  });

  it('is violated by QoS 1 in place of 0 after a slow beginning of a connection is over', () => {
    const trace = TraceBuilder.riding();
    trace.disconnect();
    const step = trace.beginFault('broker.slow');
    trace.connect();
    trace.advance(1_000);
    trace.endFault(step);
    trace.advance(60_000);
    expect(trace.result('S7', confirmed(60_000, 65_000)).violations).toHaveLength(1);
  });

  it.each([
    [605_000, 1],
    [590_000, 2],
  ])(
    'is violated by QoS 1 in place of 0 after %i ms without a message, except by the first',
    (silentMs, count) => {
      const trace = TraceBuilder.riding();
      trace.advance(700_000);
      const silent = (events: readonly TraceEvent[]): readonly TraceEvent[] =>
        confirmed(
          40_000 + silentMs,
          50_000 + silentMs,
        )(events).filter(
          (event) =>
            event.type !== 'received' ||
            !event.topic.endsWith('/live') ||
            event.atMs < 40_000 ||
            event.atMs >= 40_000 + silentMs,
        );
      expect(trace.result('S7', silent).violations).toHaveLength(count);
    },
  );
});
