import { describe, expect, it } from 'vitest';
import type { TraceEvent } from '../world/trace/event.ts';
import { TraceBuilder } from './testing/trace-builder.ts';

const isLive = (event: TraceEvent): boolean => event.type === 'received' && event.topic.endsWith('/live');

/** Moves the messages on the live topic. */
const late =
  (ms: number) =>
  (events: readonly TraceEvent[]): readonly TraceEvent[] =>
    events
      .map((event) => (isLive(event) ? { ...event, atMs: event.atMs + ms } : event))
      .sort((a, b) => a.atMs - b.atMs);

const without =
  (isLeftOut: (event: TraceEvent) => boolean) =>
  (events: readonly TraceEvent[]): readonly TraceEvent[] =>
    events.filter((event) => !isLeftOut(event));

describe('L9', () => {
  it('holds if each sample is published at once', () => {
    const { violations, checks } = TraceBuilder.riding().result('L9');
    expect(violations).toEqual([]);
    expect(checks).toBe(11);
  });

  it('is violated if samples are published late, or one is not', () => {
    expect(TraceBuilder.riding().result('L9', late(600)).violations).toHaveLength(5);
    const omitted = without((event) => isLive(event) && event.atMs > 24_000 && event.atMs < 27_000);
    expect(TraceBuilder.riding().result('L9', omitted).violations).toMatchObject([{ bound: 'within 0.3 s' }]);
  });

  it('holds without messages while the client is not connected, or has just connected', () => {
    const trace = TraceBuilder.riding();
    trace.disconnect();
    trace.advance(20_000);
    trace.connect();
    trace.advance(1_000);
    expect(trace.result('L9').violations).toEqual([]);
  });

  it('is violated if an older sample follows a newer one', () => {
    const trace = TraceBuilder.riding();
    trace.beginFault('broker.lag');
    const older = trace.events.find(isLive);
    trace.publish('live', older?.type === 'received' ? older.payload : '');
    expect(trace.result('L9').violations).toMatchObject([
      {
        what: 'an older sample follows a newer one on the live topic',
        bound: 'at least sample 6 of boot b1',
        measured: 'sample 1 of boot b1',
      },
    ]);
  });

  it('is violated if the messages of an interval are too many or too few', () => {
    const trace = TraceBuilder.riding({ mqtt: 'live_interval = 10' });
    expect(trace.result('L9').violations[0]).toMatchObject({
      bound: 'at least 9.5 s apart',
      measured: '5 s',
    });
    let count = 0;
    const everySecond = without((event) => isLive(event) && count++ % 2 === 1);
    expect(trace.result('L9', everySecond).violations).toEqual([]);
    expect(trace.result('L9', without(isLive)).violations).not.toEqual([]);
  });

  it('is violated if a sample that comes a moment early is left out', () => {
    const trace = TraceBuilder.riding({ mqtt: 'live_interval = 5.1' });
    expect(trace.result('L9').violations).toEqual([]);
    let count = 0;
    const everySecond = without((event) => isLive(event) && count++ % 2 === 1);
    expect(trace.result('L9', everySecond).violations[0]).toMatchObject({ bound: 'within 0.3 s' });
  });

  it('is violated by samples, or by one that is still retained, if the topic is off', () => {
    const trace = TraceBuilder.riding({ mqtt: 'live_interval = "off"' });
    expect(trace.result('L9').violations.length).toBeGreaterThan(1);
    expect(trace.result('L9', without(isLive)).violations).toMatchObject([{ measured: 'not at all' }]);
    trace.publish('live', '', 0);
    const removed = (events: readonly TraceEvent[]): readonly TraceEvent[] =>
      events
        .filter((event) => !isLive(event) || (event.type === 'received' && event.payload === ''))
        .map((event) => (isLive(event) ? { ...event, atMs: 110 } : event))
        .sort((a, b) => a.atMs - b.atMs);
    expect(trace.result('L9', removed).violations).toEqual([]);
  });
});
