import { describe, expect, it } from 'vitest';
import type { FaultName } from '../scenario/faults/table.ts';
import type { TraceEvent } from '../world/trace/event.ts';
import { TraceBuilder } from './testing/trace-builder.ts';

const NOTHING_BESIDE: readonly FaultName[] = [];
const TERM: FaultName = 'client.term';

/** A riding client that receives SIGTERM and exits `afterMs` later. */
function stopping({ afterMs = 300, beside = NOTHING_BESIDE, stop = TERM } = {}): TraceBuilder {
  const trace = TraceBuilder.riding();
  for (const fault of beside) trace.beginFault(fault);
  trace.beginFault(stop);
  trace.advance(afterMs);
  trace.stop('exit');
  trace.advance(10_000);
  return trace;
}

const without =
  (fits: (event: TraceEvent) => boolean) =>
  (events: readonly TraceEvent[]): readonly TraceEvent[] =>
    events.filter((event) => !fits(event));

const disconnectsLate = (events: readonly TraceEvent[]): readonly TraceEvent[] =>
  events
    .map((event) => (event.type === 'link.down' ? { ...event, atMs: event.atMs + 5_000 } : event))
    .sort((a, b) => a.atMs - b.atMs);

const isOffline = (event: TraceEvent): boolean => event.type === 'received' && event.payload === 'offline';

describe('L7 holds', () => {
  it('for a client that disconnects, publishes "offline" and exits', () => {
    expect(stopping().result('L7')).toEqual({
      checks: 1,
      closest: { bound: 'within 5 s', measured: '0.3 s' },
      delays: [{ tookMs: 300, withinMs: 5_000 }],
      violations: [],
    });
  });

  it('at the end of the scenario as well', () => {
    const trace = TraceBuilder.riding();
    const endMs = trace.nowMs;
    const result = trace.result('L7', () => {
      trace.advance(400);
      trace.stop('exit');
      const { events } = trace;
      trace.nowMs = endMs;
      return events;
    });
    expect(result).toMatchObject({ checks: 1, violations: [], closest: { measured: '0.4 s' } });
  });

  it('if the broker or the scooter is unreachable', () => {
    expect(stopping({ beside: ['broker.blackhole'] }).result('L7', without(isOffline)).violations).toEqual(
      [],
    );
    expect(stopping({ beside: ['radio.gap'] }).result('L7', disconnectsLate).violations).toEqual([]);
  });

  it('for a client that is not running, or is killed', () => {
    const trace = TraceBuilder.riding();
    trace.stop('exit', 69);
    trace.advance(1_000);
    trace.beginFault('client.term');
    trace.advance(1_000);
    expect(trace.result('L7').checks).toBe(0);

    const killed = TraceBuilder.riding();
    killed.beginFault('client.term');
    killed.stop('killed');
    expect(killed.result('L7').checks).toBe(0);
  });
});

describe('L7 is violated', () => {
  it.each(['client.term', 'client.hangup', 'client.restart', 'client.register'] as const)(
    'if the client exits too late after %s',
    (stop) => {
      expect(stopping({ afterMs: 6_000, stop }).result('L7').violations).toMatchObject([
        { what: 'the client did not stop in time', bound: 'within 5 s', measured: '6 s' },
      ]);
    },
  );

  it('if the client does not disconnect from the scooter', () => {
    expect(stopping().result('L7', disconnectsLate).violations).toMatchObject([
      {
        what: 'the client exited without disconnecting from the scooter',
        measured: 'a link for another 5 s',
      },
    ]);
  });

  it('if the client does not publish "offline", or only by its last will', () => {
    expect(stopping().result('L7', without(isOffline)).violations).toMatchObject([
      { what: 'the client did not publish that it is offline', measured: 'nothing' },
    ]);
    const byWill = stopping().result('L7', (events) =>
      events.map((event) =>
        event.type === 'received' && isOffline(event) ? { ...event, isWill: true } : event,
      ),
    );
    expect(byWill.violations).toMatchObject([{ measured: 'offline by its last will' }]);
  });
});
