import { describe, expect, it } from 'vitest';
import { TraceBuilder } from './testing/trace-builder.ts';

const WINDOW_MS = 120_000;

/** A client whose scooter is switched off; it is told to search for 2 min. */
function searching({ afterMs = WINDOW_MS, code = 69, scansForMs = Infinity } = {}): TraceBuilder {
  const trace = new TraceBuilder({ scooter: `search_window = ${WINDOW_MS / 1000}` });
  trace.record({ type: 'scooter.on' });
  trace.record({ type: 'scooter.off' });
  trace.advance(1_000);
  trace.start();
  trace.record({ type: 'scan', on: true });
  trace.record({ type: 'scan', on: false }, Math.min(scansForMs, afterMs));
  trace.advance(afterMs);
  trace.stop('exit', code);
  trace.advance(60_000);
  return trace;
}

describe('L4 holds', () => {
  it('where the client searches until the window ends, and then gives up', () => {
    expect(searching({ afterMs: WINDOW_MS + 500 }).verdict('L4')).toMatchObject({
      violations: [],
      checks: 3,
      closest: { bound: 'within 5 s', measured: '0.5 s' },
    });
  });

  it('has nothing to say of a client that has found its scooter', () => {
    const trace = TraceBuilder.riding();
    trace.advance(900_000);
    expect(trace.verdict('L4').checks).toBe(0);
  });

  it('where the scooter is switched on meanwhile', () => {
    const trace = new TraceBuilder({ scooter: 'search_window = 60' });
    trace.record({ type: 'scooter.off' });
    trace.start();
    trace.record({ type: 'scan', on: true });
    trace.advance(50_000);
    trace.record({ type: 'scooter.on' });
    trace.linkUp();
    trace.advance(60_000);
    expect(trace.verdict('L4')).toMatchObject({ violations: [], checks: 1 });
  });
});

describe('L4 is broken', () => {
  it('by a client that gives up too soon', () => {
    expect(searching({ afterMs: 60_000 }).verdict('L4').violations).toMatchObject([
      { what: 'the client ended with 69 too soon', bound: 'after 120 s', measured: '60 s' },
    ]);
  });

  it('by a client that searches for ever', () => {
    expect(searching({ afterMs: 3_600_000 }).verdict('L4').violations).toMatchObject([
      { what: 'the client did not give the scooter up in time after 120 s', measured: '3480 s' },
    ]);
  });

  it('by another exit code', () => {
    expect(searching({ code: 75 }).verdict('L4').violations).toMatchObject([{ bound: 'exit 69' }]);
  });

  it('by a client that stops scanning', () => {
    expect(searching({ scansForMs: 10_000 }).verdict('L4').violations).toMatchObject([
      { bound: 'an attempt every 42 s', measured: 'none for 110 s' },
    ]);
  });
});
