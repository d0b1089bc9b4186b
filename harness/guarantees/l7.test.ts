import { describe, expect, it } from 'vitest';
import type { FaultName } from '../scenario/faults/table.ts';
import type { TraceEvent } from '../world/trace/event.ts';
import { TraceBuilder } from './testing/trace-builder.ts';

const NOTHING_BESIDE: readonly FaultName[] = [];

/** A client that rides, is told to stop, and ends so much later. */
function stopping({ afterMs = 300, code = 0, beside = NOTHING_BESIDE } = {}): TraceBuilder {
  const trace = TraceBuilder.riding();
  for (const fault of beside) trace.beginFault(fault);
  trace.beginFault('client.term');
  trace.advance(afterMs);
  trace.stop('exit', code);
  trace.advance(10_000);
  return trace;
}

const without =
  (fits: (event: TraceEvent) => boolean) =>
  (events: readonly TraceEvent[]): readonly TraceEvent[] =>
    events.filter((event) => !fits(event));

const hangsUpLate = (events: readonly TraceEvent[]): readonly TraceEvent[] =>
  events
    .map((event) => (event.type === 'link.down' ? { ...event, atMs: event.atMs + 5_000 } : event))
    .sort((a, b) => a.atMs - b.atMs);

const isOffline = (event: TraceEvent): boolean => event.type === 'received' && event.payload === 'offline';

describe('L7 holds', () => {
  it('for a client that hangs up, says so, and ends', () => {
    expect(stopping().verdict('L7')).toEqual({
      checks: 1,
      closest: { bound: 'within 5 s', measured: '0.3 s' },
      delays: [{ tookMs: 300, withinMs: 5_000 }],
      violations: [],
    });
  });

  it('also for the stop at the end of every trace', () => {
    const trace = TraceBuilder.riding();
    const endMs = trace.nowMs;
    const verdict = trace.verdict('L7', () => {
      trace.advance(400);
      trace.stop('exit');
      const { events } = trace;
      trace.nowMs = endMs;
      return events;
    });
    expect(verdict).toMatchObject({ checks: 1, violations: [], closest: { measured: '0.4 s' } });
  });

  it('where the broker cannot hear, or the scooter', () => {
    expect(stopping({ beside: ['broker.blackhole'] }).verdict('L7', without(isOffline)).violations).toEqual(
      [],
    );
    expect(stopping({ beside: ['radio.gap'] }).verdict('L7', hangsUpLate).violations).toEqual([]);
  });

  it('has nothing to say of a client that is not running, or is killed meanwhile', () => {
    const trace = TraceBuilder.riding();
    trace.stop('exit', 69);
    trace.advance(1_000);
    trace.beginFault('client.term');
    trace.advance(1_000);
    expect(trace.verdict('L7').checks).toBe(0);

    const killed = TraceBuilder.riding();
    killed.beginFault('client.term');
    killed.stop('killed');
    expect(killed.verdict('L7').checks).toBe(0);
  });
});

describe('L7 is broken', () => {
  it('by a client that takes too long', () => {
    expect(stopping({ afterMs: 6_000 }).verdict('L7').violations).toMatchObject([
      { what: 'the client did not stop in time', bound: 'within 5 s', measured: '6 s' },
    ]);
  });

  it('by another exit code, or a crash', () => {
    expect(stopping({ code: 71 }).verdict('L7').violations).toMatchObject([
      { what: 'the client was told to stop and ended otherwise', bound: 'exit 0', measured: 'exit 71' },
    ]);
    const crashed = stopping().verdict('L7', (events) =>
      events.map((event) =>
        event.type === 'client.ended'
          ? { type: event.type, atMs: event.atMs, life: event.life, how: 'crashed', error: 'TypeError' }
          : event,
      ),
    );
    expect(crashed.violations).toMatchObject([{ measured: 'TypeError' }]);
  });

  it('by a client that leaves the scooter to find out by itself', () => {
    expect(stopping().verdict('L7', hangsUpLate).violations).toMatchObject([
      { what: 'the client ended without hanging up on the scooter', measured: 'a link for another 5 s' },
    ]);
  });

  it('by a client that says nothing, or leaves it to its last will', () => {
    expect(stopping().verdict('L7', without(isOffline)).violations).toMatchObject([
      { what: 'the client did not say that it is offline', measured: 'nothing' },
    ]);
    const byWill = stopping().verdict('L7', (events) =>
      events.map((event) =>
        event.type === 'received' && isOffline(event) ? { ...event, isWill: true } : event,
      ),
    );
    expect(byWill.violations).toMatchObject([{ measured: 'offline by its last will' }]);
  });
});
