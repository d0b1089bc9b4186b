import { describe, expect, it } from 'vitest';
import type { FaultName } from '../scenario/faults/table.ts';
import { TraceBuilder, type TraceOptions } from './testing/trace-builder.ts';

/** A ride whose link is lost after 31 s, and comes back so much later. */
function losing(
  backAfterMs: number,
  { options = {}, fault = 'link.drop' }: { options?: TraceOptions; fault?: FaultName } = {},
): TraceBuilder {
  const trace = TraceBuilder.riding(options);
  trace.advance(1_000);
  trace.beginFault(fault);
  trace.linkDown();
  trace.advance(backAfterMs);
  trace.linkUp();
  trace.advance(60_000);
  return trace;
}

/** The same, with a fault that begins so long after the loss. */
function losingIn(fault: FaultName, afterMs: number, forMs: number): TraceBuilder {
  const trace = TraceBuilder.riding();
  trace.advance(1_000);
  trace.linkDown();
  trace.advance(afterMs);
  const step = trace.beginFault(fault);
  trace.advance(forMs);
  trace.endFault(step);
  trace.advance(60_000);
  trace.linkUp();
  trace.advance(10_000);
  return trace;
}

describe('L2 holds', () => {
  it('where telemetry is back after the return delay, one pause, and the deadlines of connection, login and poll', () => {
    expect(losing(2_000).verdict('L2')).toMatchObject({
      violations: [],
      checks: 1,
      closest: { bound: 'within 25 s', measured: '2.56 s' },
    });
  });

  it('counts from the moment when the scooter is in reach again', () => {
    const trace = TraceBuilder.riding();
    const step = trace.beginFault('radio.gap');
    trace.advance(5_000);
    trace.linkDown();
    trace.advance(300_000);
    trace.endFault(step);
    trace.advance(20_000);
    trace.linkUp();
    trace.advance(60_000);
    expect(trace.verdict('L2')).toMatchObject({ violations: [], closest: { measured: '20.56 s' } });
  });

  it('counts from the moment when the scooter is switched on again', () => {
    const trace = TraceBuilder.riding();
    trace.beginFault('scooter.reboot');
    trace.record({ type: 'scooter.off' });
    trace.advance(5_000);
    trace.linkDown();
    trace.advance(55_000);
    trace.record({ type: 'scooter.on' });
    trace.advance(20_000);
    trace.linkUp();
    trace.advance(60_000);
    expect(trace.verdict('L2')).toMatchObject({ violations: [], checks: 1 });
  });

  it('allows the pause that the backoff had come to', () => {
    const trace = TraceBuilder.riding();
    const step = trace.beginFault('radio.gap');
    trace.advance(5_000);
    trace.linkDown();
    for (let count = 0; count < 4; count++) {
      trace.advance(15_000);
      trace.record({ type: 'link.attempt' });
    }
    trace.endFault(step);
    trace.advance(20_000);
    trace.linkUp();
    trace.advance(60_000);
    expect(trace.verdict('L2').closest?.bound).toBe('within 39 s');
  });

  it('allows the longest pause after a link that had come to no telemetry', () => {
    const trace = TraceBuilder.riding();
    trace.linkDown();
    trace.advance(2_000);
    trace.linkUp();
    trace.advance(100);
    trace.linkDown();
    trace.advance(40_000);
    trace.linkUp();
    trace.advance(60_000);
    expect(trace.verdict('L2').violations).toMatchObject([{ bound: 'within 25 s' }]);
    expect(trace.verdict('L2').checks).toBe(2);
  });

  it('has nothing to say where the trace ends too soon, or the client does for good', () => {
    const trace = TraceBuilder.riding();
    trace.linkDown();
    trace.advance(24_000);
    expect(trace.verdict('L2').checks).toBe(0);
    trace.stop('exit', 77);
    trace.advance(60_000);
    expect(trace.verdict('L2').checks).toBe(0);
  });

  it('has nothing to say of a scooter that stays away, and of a window that ends', () => {
    const off = TraceBuilder.riding();
    off.record({ type: 'scooter.off' });
    off.linkDown();
    off.advance(300_000);
    expect(off.verdict('L2').checks).toBe(0);
    expect(losing(60_000, { options: { scooter: 'reconnect_window = 20' } }).verdict('L2').checks).toBe(0);
  });
});

describe('L2 is broken', () => {
  it('by telemetry that comes too late', () => {
    expect(losing(30_000).verdict('L2')).toMatchObject({
      violations: [
        {
          what: 'no telemetry soon enough after a lost link, with the scooter in reach',
          bound: 'within 25 s',
          measured: '30.56 s',
        },
      ],
    });
  });

  it('by the bound that the configuration makes', () => {
    const options = {
      scooter: 'connect_timeout = 2\nsupervision_timeout = 1\nrequest_timeout = 0.5\nretry_min = 0.5',
    };
    expect(losing(10_000, { options }).verdict('L2').violations).toMatchObject([{ bound: 'within 6.5 s' }]);
  });

  it('by a client that gives up', () => {
    const trace = TraceBuilder.riding();
    trace.linkDown();
    trace.advance(5_000);
    trace.stop('exit', 75);
    trace.advance(60_000);
    expect(trace.verdict('L2').violations).toMatchObject([{ measured: 'not at all' }]);
  });
});

describe('what excuses a link that does not come back', () => {
  it.each([
    'radio.loss',
    'radio.gap',
    'link.refuse',
    'scooter.busy',
    'scooter.rebind',
    'adapter.flap',
  ] as const)('is %s before it is back', (fault) => {
    expect(losingIn(fault, 5_000, 2_000).verdict('L2').checks).toBe(0);
  });

  it('is an adapter that the client has to be started anew for, though it works again', () => {
    const trace = TraceBuilder.riding();
    trace.beginFault('adapter.flap');
    trace.advance(5_000);
    trace.linkDown();
    trace.advance(30_000);
    expect(trace.verdict('L2').violations).toHaveLength(1);
    trace.stop('exit', 71);
    trace.advance(60_000);
    expect(trace.verdict('L2').checks).toBe(0);
  });

  it('is a scooter that is switched off again', () => {
    const trace = TraceBuilder.riding();
    trace.linkDown();
    trace.advance(5_000);
    trace.record({ type: 'scooter.off' });
    trace.advance(60_000);
    expect(trace.verdict('L2').checks).toBe(0);
  });

  it.each(['broker.stop', 'gps.silence', 'disk.error', 'clock.step'] as const)('is not %s', (fault) => {
    expect(losingIn(fault, 5_000, 2_000).verdict('L2').violations).toHaveLength(1);
  });

  it('is not the drop that has cost it', () => {
    expect(losing(60_000, { fault: 'link.drop' }).verdict('L2').violations).toHaveLength(1);
  });
});
