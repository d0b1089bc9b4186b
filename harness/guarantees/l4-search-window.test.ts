import { describe, expect, it } from 'vitest';
import { TraceBuilder } from './testing/trace-builder.ts';

const WINDOW_MS = 120_000;

/** A client whose scooter is switched off, with a search window of 2 min. */
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
  it('if the client searches until the window ends, and then exits', () => {
    expect(searching({ afterMs: WINDOW_MS + 500 }).result('L4')).toMatchObject({
      violations: [],
      checks: 3,
      closest: { bound: 'within 5 s', measured: '0.5 s' },
    });
  });

  it('for a client that has found its scooter', () => {
    const trace = TraceBuilder.riding();
    trace.advance(900_000);
    expect(trace.result('L4').checks).toBe(0);
  });

  it('if the scooter is switched on in time', () => {
    const trace = new TraceBuilder({ scooter: 'search_window = 60' });
    trace.record({ type: 'scooter.off' });
    trace.start();
    trace.record({ type: 'scan', on: true });
    trace.advance(50_000);
    trace.record({ type: 'scooter.on' });
    trace.linkUp();
    trace.advance(60_000);
    expect(trace.result('L4')).toMatchObject({ violations: [], checks: 1 });
  });
});

describe('L4 is violated', () => {
  it('if the client exits too early', () => {
    expect(searching({ afterMs: 60_000 }).result('L4').violations).toMatchObject([
      { what: 'the client exited with 69 too early', bound: 'after 120 s', measured: '60 s' },
    ]);
  });

  it('if the client searches forever', () => {
    expect(searching({ afterMs: 3_600_000 }).result('L4').violations).toMatchObject([
      { what: 'the client did not exit in time after a window of 120 s', measured: '3480 s' },
    ]);
  });

  it('if the client exits with another code', () => {
    expect(searching({ code: 75 }).result('L4').violations).toMatchObject([{ bound: 'exit 69' }]);
  });

  it('if the client stops scanning', () => {
    expect(searching({ scansForMs: 10_000 }).result('L4').violations).toMatchObject([
      { bound: 'an attempt every 42 s', measured: 'none for 110 s' },
    ]);
  });
});

describe('a search of another length', () => {
  it('is excused by an impostor, which the client takes for the scooter', () => {
    const trace = new TraceBuilder({ scooter: `search_window = ${WINDOW_MS / 1000}` });
    trace.record({ type: 'scooter.off' });
    trace.start();
    trace.record({ type: 'scan', on: true });
    trace.faultFor('scooter.impostor', 5_000);
    trace.advance(3_600_000);
    trace.stop('exit', 75);
    trace.advance(60_000);
    expect(trace.result('L4')).toMatchObject({ violations: [], checks: 0 });
  });

  it('is excused by a pause, whose time does not count', () => {
    const trace = new TraceBuilder({ scooter: `search_window = ${WINDOW_MS / 1000}` });
    trace.record({ type: 'scooter.off' });
    trace.start();
    trace.advance(1_000);
    trace.faultFor('client.pause', 60_000);
    trace.record({ type: 'scan', on: true });
    trace.advance(WINDOW_MS);
    trace.stop('exit', 69);
    trace.advance(60_000);
    expect(trace.result('L4').violations).toEqual([]);
  });

  it('is excused by a restart in the same millisecond as the start', () => {
    const trace = new TraceBuilder({ scooter: `search_window = ${WINDOW_MS / 1000}` });
    trace.record({ type: 'scooter.off' });
    trace.advance(1_000);
    trace.start();
    trace.beginFault('client.restart');
    trace.advance(1_000);
    trace.stop('exit');
    trace.advance(WINDOW_MS + 60_000);
    expect(trace.result('L4')).toMatchObject({ violations: [], checks: 0 });
  });
});
