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

  it('is violated if a report is missing at the start of a connection or after an interval', () => {
    const trace = reconnected();
    const reports = trace.events.filter(isHealth);
    for (const left of reports) {
      const without = (events: readonly TraceEvent[]): readonly TraceEvent[] =>
        events.filter(({ atMs, type }) => type !== 'received' || atMs !== left.atMs);
      expect(trace.result('L11', without).violations).toMatchObject([{ what: 'no health report in time' }]);
    }
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
