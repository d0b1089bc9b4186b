import { describe, expect, it } from 'vitest';
import type { FaultName } from '../scenario/faults/table.ts';
import { CYCLE_BLOCKS } from './view/blocks.ts';
import { TraceBuilder, type TraceOptions } from './testing/trace-builder.ts';

/** A ride whose link is lost at 31 s and re-established `backAfterMs` later. */
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

/** The same, with a fault that starts `afterMs` after the loss. */
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
  it('if telemetry resumes within return delay, backoff, and the timeouts of connection, login and poll', () => {
    expect(losing(2_000).result('L2')).toMatchObject({
      violations: [],
      checks: 1,
      closest: { bound: 'within 25 s', measured: '2.56 s' },
    });
  });

  it('with a bound that starts when the scooter is in range again', () => {
    const trace = TraceBuilder.riding();
    const step = trace.beginFault('radio.gap');
    trace.advance(5_000);
    trace.linkDown();
    trace.advance(300_000);
    trace.endFault(step);
    trace.advance(20_000);
    trace.linkUp();
    trace.advance(60_000);
    expect(trace.result('L2')).toMatchObject({ violations: [], closest: { measured: '20.56 s' } });
  });

  it('with a bound that starts when the scooter has lost the link as well', () => {
    const trace = TraceBuilder.riding();
    trace.advance(1_000);
    trace.linkDown();
    trace.record({ type: 'link.released' }, 5_000);
    trace.advance(28_000);
    trace.linkUp();
    trace.advance(60_000);
    expect(trace.result('L2')).toMatchObject({ violations: [], closest: { bound: 'within 30 s' } });
  });

  it('with a bound that starts when the scooter is switched on again', () => {
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
    expect(trace.result('L2')).toMatchObject({ violations: [], checks: 1 });
  });

  it('with a bound that includes the current backoff', () => {
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
    expect(trace.result('L2').closest?.bound).toBe('within 39 s');
  });

  it('with a bound that includes the longest backoff after a link without telemetry', () => {
    const trace = TraceBuilder.riding();
    trace.linkDown();
    trace.advance(2_000);
    trace.linkUp();
    trace.advance(100);
    trace.linkDown();
    trace.advance(40_000);
    trace.linkUp();
    trace.advance(60_000);
    expect(trace.result('L2').violations).toMatchObject([{ bound: 'within 25 s' }]);
    expect(trace.result('L2').checks).toBe(2);
  });

  it('with a bound that includes each login that the scooter ignores', () => {
    const trace = TraceBuilder.riding();
    trace.linkDown();
    trace.advance(10_000);
    trace.record({ type: 'login.prevented' });
    trace.advance(50_000);
    trace.linkUp();
    trace.advance(60_000);
    expect(trace.result('L2')).toMatchObject({ violations: [], closest: { measured: '60.56 s' } });
  });

  it('for a scenario that ends too early, and for a client that exits permanently', () => {
    const trace = TraceBuilder.riding();
    trace.linkDown();
    trace.advance(24_000);
    expect(trace.result('L2').checks).toBe(0);
    trace.stop('exit', 77);
    trace.advance(60_000);
    expect(trace.result('L2').checks).toBe(0);
  });

  it('for a scooter that stays away, and for a reconnect window that ends', () => {
    const off = TraceBuilder.riding();
    off.record({ type: 'scooter.off' });
    off.linkDown();
    off.advance(300_000);
    expect(off.result('L2').checks).toBe(0);
    const { delays, violations } = losing(60_000, {
      options: { scooter: 'reconnect_window = 20' },
    }).result('L2');
    expect({ delays, violations }).toEqual({ delays: [], violations: [] });
  });
});

describe('L2 is violated', () => {
  it('if telemetry resumes too late', () => {
    expect(losing(30_000).result('L2')).toMatchObject({
      violations: [
        {
          what: 'no telemetry in time after a lost link, with the scooter reachable',
          bound: 'within 25 s',
          measured: '30.56 s',
        },
      ],
    });
  });

  it('according to the configured bound', () => {
    const options = {
      scooter: 'connect_timeout = 2\nsupervision_timeout = 1\nrequest_timeout = 0.5\nretry_min = 0.5',
    };
    expect(losing(10_000, { options }).result('L2').violations).toMatchObject([{ bound: 'within 6.5 s' }]);
  });

  it('if telemetry resumes too late even for the logins that the scooter ignores', () => {
    const trace = TraceBuilder.riding();
    trace.linkDown();
    trace.advance(10_000);
    trace.record({ type: 'login.prevented' });
    trace.advance(120_000);
    trace.linkUp();
    trace.advance(60_000);
    expect(trace.result('L2').violations).toHaveLength(1);
  });

  it('if the client exits early', () => {
    const trace = TraceBuilder.riding();
    trace.linkDown();
    trace.advance(5_000);
    trace.stop('exit', 75);
    trace.advance(60_000);
    expect(trace.result('L2').violations).toMatchObject([{ measured: 'not at all' }]);
  });

  it('if the client never reads a scooter in reach again after an adapter fault', () => {
    const trace = TraceBuilder.riding();
    trace.advance(1_000);
    trace.faultFor('adapter.mute', 30_000);
    trace.linkDown();
    trace.advance(400_000);
    expect(trace.result('L2').violations).toContainEqual(
      expect.objectContaining({ what: 'the client did not read a scooter in reach' }),
    );
  });
});

/** A scooter that is lost, and in reach again while the adapter, which has reset itself, hears nothing for some time. */
function deafFor(ms: number, report: 'yes' | 'no', isReopened = true): TraceBuilder {
  const trace = TraceBuilder.riding({ scooter: 'reconnect_window = 3600' });
  const gap = trace.beginFault('radio.gap');
  trace.linkDown();
  trace.advance(10_000);
  trace.endFault(trace.beginFault('adapter.reset', `report ${report}`));
  trace.advance(1_000);
  trace.endFault(gap);
  trace.advance(ms);
  if (isReopened) trace.record({ type: 'adapter.opened' });
  else trace.advance(200_000);
  trace.linkUp();
  trace.advance(60_000);
  return trace;
}

describe('L2 with an adapter that has reset itself during a search', () => {
  const UNREAD = expect.objectContaining({ what: 'the client did not read a scooter in reach' }) as unknown;

  it('holds if the client opens the adapter again after 5 min', () => {
    expect(deafFor(298_000, 'no').result('L2').violations).toEqual([]);
  });

  it.each([
    ['the reset was reported', 298_000, 'yes', true],
    ['the adapter is opened again too late', 500_000, 'no', true],
    ['the adapter is never opened again', 298_000, 'no', false],
  ] as const)('is violated if %s', (_what, ms, report, isReopened) => {
    expect(deafFor(ms, report, isReopened).result('L2').violations).toContainEqual(UNREAD);
  });
});

describe('a violation of L2', () => {
  it.each([
    'radio.loss',
    'radio.gap',
    'link.refuse',
    'scooter.busy',
    'scooter.rebind',
    'adapter.flap',
  ] as const)('is excused by %s', (fault) => {
    expect(losingIn(fault, 5_000, 2_000).result('L2').checks).toBe(0);
  });

  it('is excused by an adapter fault that requires a restart of the client', () => {
    const trace = TraceBuilder.riding();
    trace.beginFault('adapter.flap');
    trace.advance(5_000);
    trace.linkDown();
    trace.advance(30_000);
    expect(trace.result('L2').violations).toHaveLength(1);
    trace.stop('exit', 71);
    trace.advance(60_000);
    expect(trace.result('L2').checks).toBe(0);
  });

  it('is excused by a scooter that is switched off again', () => {
    const trace = TraceBuilder.riding();
    trace.linkDown();
    trace.advance(5_000);
    trace.record({ type: 'scooter.off' });
    trace.advance(60_000);
    expect(trace.result('L2').checks).toBe(0);
  });

  it.each(['broker.stop', 'gps.silence', 'disk.error', 'clock.step', 'scooter.silent'] as const)(
    'is not excused by %s',
    (fault) => {
      expect(losingIn(fault, 5_000, 2_000).result('L2').violations).toHaveLength(1);
    },
  );

  it('is excused by three silent blocks at once, which leave nothing to poll', () => {
    const trace = TraceBuilder.riding();
    const steps = CYCLE_BLOCKS.map(() => trace.beginFault('scooter.silent'));
    trace.linkDown();
    trace.advance(60_000);
    for (const step of steps) trace.endFault(step);
    trace.advance(60_000);
    expect(trace.result('L2').checks).toBe(0);
  });

  it('is not excused by the fault that ended the link', () => {
    expect(losing(60_000, { fault: 'link.drop' }).result('L2').violations).toHaveLength(1);
  });
});

describe('L2 with an adapter that has reset itself during a link', () => {
  it.each([
    ['no', []],
    ['yes', [{ what: 'no telemetry in time after a lost link, with the scooter reachable' }]],
  ])('is about the time in which the client notices it only if that is reported: %s', (report, expected) => {
    const trace = TraceBuilder.riding({ mqtt: 'send_interval = 30' });
    trace.endFault(trace.beginFault('adapter.reset', `report ${report}`));
    trace.advance(5_000);
    trace.linkDown();
    trace.advance(40_000);
    trace.record({ type: 'adapter.opened' });
    trace.linkUp();
    trace.advance(30_000);
    expect(trace.result('L2').violations).toMatchObject(expected);
  });

  it('holds if that was the link of an adapter that was opened again before', () => {
    const trace = TraceBuilder.riding({ scooter: 'reconnect_window = 3600' });
    trace.endFault(trace.beginFault('adapter.reset', 'report yes'));
    trace.record({ type: 'adapter.opened' });
    trace.advance(1_000);
    trace.endFault(trace.beginFault('adapter.reset', 'report no'));
    trace.advance(3_000);
    trace.linkDown();
    trace.advance(295_000);
    trace.record({ type: 'adapter.opened' });
    trace.linkUp();
    trace.advance(30_000);
    expect(trace.result('L2').violations).toEqual([]);
  });
});
