import { describe, expect, it } from 'vitest';
import type { TraceEvent } from '../world/trace/event.ts';
import { TraceBuilder } from './testing/trace-builder.ts';

const isHealth = (event: TraceEvent): boolean => event.type === 'received' && event.topic.endsWith('/health');

/** A ride with a second link and a second connection. */
function reconnected(change?: (trace: TraceBuilder) => void): TraceBuilder {
  const trace = TraceBuilder.riding();
  trace.linkDown();
  trace.linkUp();
  trace.advance(10_000);
  trace.disconnect();
  trace.advance(10_000);
  trace.connectAttempt();
  trace.advance(1_000);
  change?.(trace);
  trace.connect();
  trace.advance(70_000);
  return trace;
}

describe('L11', () => {
  it('holds if the reports come in time and count correctly', () => {
    const { violations, checks } = reconnected().result('L11');
    expect(violations).toEqual([]);
    expect(checks).toBeGreaterThan(20);
  });

  it('is violated if a report is wrong about the clock', () => {
    const wrong = (events: readonly TraceEvent[]): readonly TraceEvent[] =>
      events.map((event) =>
        isHealth(event) && event.type === 'received'
          ? { ...event, payload: event.payload.replace('"clock_synced":true', '"clock_synced":"unknown"') }
          : event,
      );
    const { violations } = reconnected().result('L11', wrong);
    expect(violations[0]).toMatchObject({
      what: 'the health report is wrong about the clock: clock_synced',
      bound: 'true',
      measured: '"unknown"',
    });
  });

  it('holds if samples are stored again because the disk was repaired', () => {
    const trace = reconnected();
    const isStored = (event: TraceEvent): boolean => event.type === 'taken';
    const stored = trace.events.filter(isStored);
    const again = stored.slice(0, 3);
    const { violations } = trace.result('L11', (events) =>
      events.flatMap((event) =>
        event === stored.at(-5)
          ? [event, ...again.map((first) => ({ ...first, atMs: event.atMs }))]
          : [event],
      ),
    );
    expect(violations).toEqual([]);
  });

  it('is violated if a report is missing at the start of a connection or after an interval', () => {
    const trace = reconnected();
    const reports = trace.events.filter(isHealth);
    for (const left of reports) {
      const without = (events: readonly TraceEvent[]): readonly TraceEvent[] =>
        events.filter(({ atMs, type }) => type !== 'received' || atMs !== left.atMs);
      expect(trace.result('L11', without).violations).toMatchObject([{ what: 'no health report in time' }]);
    }
  });

  const dropped = (totals: readonly number[]): TraceBuilder => {
    let index = 0;
    const trace = new TraceBuilder();
    trace.droppedRanges = [{ boot_id: 'b0', from: 3, to: 6, reason: 'count' }];
    trace.alterHealth = (fields) => ({ ...fields, dropped: { count: totals[index++] } });
    trace.start();
    for (const _ of totals) {
      trace.connect();
      trace.advance(10_000);
      trace.disconnect();
      trace.advance(10_000);
    }
    return trace;
  };

  it('holds if the totals of dropped samples grow', () => {
    expect(dropped([4, 4, 9]).result('L11').violations).toEqual([]);
  });

  it.each([
    ['begin again from zero', [9, 9, 4], 'at least 9', '4'],
    ['are less than what is listed', [4, 4, 3], 'at least 4', '3'],
  ])('is violated if the totals of dropped samples %s', (_, totals, bound, measured) => {
    expect(dropped(totals).result('L11').violations).toMatchObject([
      { what: 'the health report counts wrongly: dropped.count', bound, measured },
    ]);
  });

  it.each([
    ['uptime_sec', { uptime_sec: 5 }],
    ['broker.connects', { broker: { connects: 1, failures: 1 } }],
    ['broker.failures', { broker: { connects: 2, failures: 2 } }],
    ['scooter.logins', { scooter: { logins: 3, links_lost: 1 } }],
    ['scooter.links_lost', { scooter: { logins: 2, links_lost: 0 } }],
    ['samples.stored', { samples: { stored: 3, delivered: 6 } }],
    ['samples.delivered', { samples: { stored: 10, delivered: 30 } }],
  ])('is violated by a wrong number: %s', (path, wrong) => {
    const trace = reconnected((builder) => {
      builder.alterHealth = (fields) => ({ ...fields, ...wrong });
    });
    const whats = trace.result('L11').violations.map(({ what }) => what);
    expect(whats).toContain(`the health report counts wrongly: ${path}`);
  });
});
