import { describe, expect, it } from 'vitest';
import type { FaultName } from '../scenario/faults/table.ts';
import type { TraceEvent } from '../world/trace/event.ts';
import { TraceBuilder, type TraceOptions } from './testing/trace-builder.ts';

/** A ride with a broker fault of `forMs`, after which the client reconnects `afterMs` later. */
function returning(
  afterMs: number,
  {
    fault = 'broker.stop',
    forMs = 60_000,
    options = {},
  }: { fault?: FaultName; forMs?: number; options?: TraceOptions } = {},
): TraceBuilder {
  const trace = TraceBuilder.riding(options);
  const step = trace.beginFault(fault);
  if (fault === 'broker.blackhole') trace.stopPublishing();
  else trace.disconnect();
  if (fault === 'broker.blackhole') trace.advance(forMs);
  else trace.advanceTrying(forMs);
  trace.endFault(step);
  if (fault === 'broker.blackhole')
    trace.record({ type: 'broker.disconnected', clientId: trace.config.mqtt.clientId });
  trace.advance(afterMs);
  trace.connect();
  trace.advance(60_000);
  return trace;
}

/** A ride with a black hole that the broker ends by a restart; the client notices that `afterMs` later. */
function stoppedAfterBlackhole(afterMs: number): TraceBuilder {
  const trace = TraceBuilder.riding();
  trace.stopPublishing();
  trace.faultFor('broker.blackhole', 2_000);
  trace.advance(100);
  const step = trace.beginFault('broker.stop');
  trace.record({ type: 'broker.disconnected', clientId: trace.config.mqtt.clientId });
  trace.advance(500);
  trace.endFault(step);
  trace.advance(afterMs);
  trace.connect();
  trace.advance(60_000);
  return trace;
}

/** An offer of this version of MQTT, which the broker refuses with this code, and the pause until the next one. */
interface Refused {
  readonly version: 4 | 5;
  readonly code?: number;
  readonly pauseMs: number;
}

/** A ride with a broker that was stopped, and then refuses offers before it accepts MQTT 3.1.1. */
function refusedAfterStop(...offers: readonly Refused[]): TraceBuilder {
  const trace = TraceBuilder.riding();
  const { clientId } = trace.config.mqtt;
  const step = trace.beginFault('broker.stop');
  trace.disconnect();
  trace.advanceTrying(1_000);
  trace.endFault(step);
  trace.advance(2_000);
  for (const { version, code, pauseMs } of offers) {
    trace.record({ type: 'broker.attempt', clientId, offer: `MQTT ${version}, will of QoS 1, retained` });
    if (code !== undefined) trace.record({ type: 'broker.refused', clientId, code });
    trace.advance(pauseMs);
  }
  trace.connect();
  trace.advance(60_000);
  return trace;
}

describe('L5 holds', () => {
  it.each(['broker.stop', 'broker.refuse', 'broker.blackhole'] as const)('after %s', (fault) => {
    const { checks, violations } = returning(fault === 'broker.blackhole' ? 20_000 : 900, { fault }).result(
      'L5',
    );
    expect(violations).toEqual([]);
    // The start as well; attempts are checked if there are several.
    expect(checks).toBe(fault === 'broker.blackhole' ? 3 : 4);
  });

  it.each([
    ['closes a connection on which the broker acknowledges nothing', 20_000, 2],
    ['is stopped before it has to', 10_000, 1],
  ])('if the client %s', (_what, afterMs, checks) => {
    const trace = TraceBuilder.riding();
    const step = trace.beginFault('broker.deaf');
    trace.advance(afterMs);
    trace.disconnect();
    if (checks === 1) trace.stop('exit');
    trace.advance(40_000);
    trace.endFault(step);
    expect(trace.result('L5')).toMatchObject({ violations: [], checks });
  });

  it('and measures the time until the client has reconnected', () => {
    const trace = returning(2_000, { forMs: 1_000 });
    expect(trace.result('L5').closest).toEqual({ bound: 'within 2.2 s', measured: '2.005 s' });
  });

  it('with a bound that includes the time to notice a black hole', () => {
    const trace = returning(60_000, { fault: 'broker.blackhole', forMs: 1_000 });
    expect(trace.result('L5').closest).toEqual({ bound: 'within 69 s', measured: '60.005 s' });
  });

  it('with the same bound after a fault that follows before the client has noticed the black hole', () => {
    expect(stoppedAfterBlackhole(28_000).result('L5')).toMatchObject({
      violations: [],
      closest: { bound: 'within 67.4 s', measured: '28.005 s' },
    });
  });

  it('with a bound that includes a second attempt if the MQTT version of the broker is unknown', () => {
    const trace = new TraceBuilder();
    trace.start();
    const step = trace.beginFault('broker.stop');
    trace.advanceTrying(7_000);
    trace.endFault(step);
    trace.advance(5_000);
    trace.connect();
    trace.advance(1_000);
    expect(trace.result('L5')).toMatchObject({ violations: [], closest: { bound: 'within 5.2 s' } });
  });

  it.each([
    ['the will', 0x9a],
    ['the version', 0x84],
    ['the version, by a close', undefined],
  ])('with a bound that includes an attempt after a refusal of %s', (_, code) => {
    const refused = { version: 5, ...(code !== undefined && { code }), pauseMs: 1_000 } as const;
    expect(refusedAfterStop(refused).result('L5')).toMatchObject({
      violations: [],
      closest: { bound: 'within 3.2 s', measured: '3.005 s' },
    });
  });

  it('with a bound that includes the longest pause after a refusal of both versions', () => {
    const trace = refusedAfterStop(
      { version: 4, code: 0x01, pauseMs: 1_000 },
      { version: 5, pauseMs: 30_000 },
    );
    expect(trace.result('L5')).toMatchObject({
      violations: [],
      closest: { bound: 'within 33.2 s', measured: '33.005 s' },
    });
  });

  it('if the client has kept its connection', () => {
    const trace = TraceBuilder.riding();
    trace.stopPublishing();
    trace.faultFor('broker.refuse', 10_000);
    trace.advance(60_000);
    expect(trace.result('L5')).toMatchObject({ violations: [], checks: 2 });
  });

  it('for a scenario or a client that ends too early', () => {
    const trace = TraceBuilder.riding();
    const step = trace.beginFault('broker.stop');
    trace.disconnect();
    trace.advanceTrying(1_500);
    trace.endFault(step);
    trace.advance(1_600);
    expect(trace.result('L5').checks).toBe(1);
    trace.stop('exit', 75);
    trace.advance(60_000);
    expect(trace.result('L5').checks).toBe(1);
  });
});

describe('L5 is violated', () => {
  it('if the client reconnects too late', () => {
    expect(returning(5_000).result('L5').violations).toMatchObject([
      {
        what: 'the client did not reconnect in time after broker.stop',
        bound: 'within 1.2 s',
        measured: '5.005 s',
      },
    ]);
  });

  it.each([
    ['after a refusal of the will', 5, 0x9a, 3_000],
    ['after a refusal of the version', 5, 0x84, 3_000],
    ['after a refusal that is about neither will nor version', 5, 0x88, 1_000],
    ['after a refusal of the version that it then offers again', 4, 0x01, 1_000],
  ] as const)('if the client makes another offer too late %s', (_when, version, code, pauseMs) => {
    expect(refusedAfterStop({ version, code, pauseMs }).result('L5').violations).toMatchObject([
      { what: 'the client did not reconnect in time after broker.stop' },
    ]);
  });

  it('if the client does not notice a black hole before another fault', () => {
    expect(stoppedAfterBlackhole(80_000).result('L5').violations).toMatchObject([
      { what: 'the client did not reconnect in time after broker.stop', measured: '80.005 s' },
    ]);
  });

  it('according to the configured bound', () => {
    const options = { mqtt: 'reconnect_max = 5\nconnect_timeout = 2' };
    expect(returning(8_000, { options }).result('L5').violations).toMatchObject([{ bound: 'within 2.2 s' }]);
  });

  it('if the backlog is delivered too slowly, or not at all', () => {
    const trace = returning(1_000, { forMs: 600_000 });
    const late =
      (ms: number) =>
      (events: readonly TraceEvent[]): readonly TraceEvent[] =>
        events
          .map((event) =>
            event.type === 'received' &&
            event.payload.includes('"seq":100,') &&
            event.topic.endsWith('realtime')
              ? { ...event, atMs: event.atMs + ms }
              : event,
          )
          .sort((a, b) => a.atMs - b.atMs);
    expect(trace.result('L5', late(5_000)).violations).toMatchObject([
      {
        what: 'a backlog of 121 samples was not delivered in time',
        bound: 'within 4.42 s',
        measured: expect.stringMatching(/^6\.\d+ s$/) as string,
      },
    ]);
    const never = (events: readonly TraceEvent[]): readonly TraceEvent[] =>
      late(0)(events).filter((event) => !(event.type === 'received' && event.payload.includes('"seq":100,')));
    expect(trace.result('L5', never).violations).toMatchObject([{ measured: 'not at all' }]);
  });

  it('if the client keeps a connection on which the broker acknowledges nothing', () => {
    const trace = TraceBuilder.riding();
    trace.faultFor('broker.deaf', 120_000);
    trace.advance(60_000);
    expect(trace.result('L5').violations).toMatchObject([
      {
        what: 'the client did not close a connection on which the broker acknowledges nothing',
        bound: 'within 21 s',
        measured: 'not at all',
      },
    ]);
  });

  it('if a process does not connect in time after its start', () => {
    const started = (afterMs: number): TraceBuilder => {
      const trace = TraceBuilder.riding();
      trace.disconnect();
      trace.stop('exit', 0);
      trace.advance(5_000);
      trace.start();
      trace.advance(afterMs);
      trace.connect();
      trace.advance(20_000);
      return trace;
    };
    const isStart = ({ what }: { readonly what: string }): boolean =>
      what === 'the client did not connect in time after its start';
    expect(started(1_500).result('L5').violations.filter(isStart)).toEqual([]);
    expect(started(6_000).result('L5').violations.filter(isStart)).toMatchObject([{ bound: 'within 2 s' }]);
  });

  it('if the client floods the broker with attempts', () => {
    const trace = TraceBuilder.riding();
    const step = trace.beginFault('broker.refuse');
    trace.disconnect();
    trace.advance(1_000);
    trace.connectAttempt();
    trace.advance(200);
    trace.connectAttempt();
    trace.advance(10_000);
    trace.endFault(step);
    trace.connect();
    trace.advance(10_000);
    expect(trace.result('L5').violations).toMatchObject([
      {
        what: 'the client retried the broker too early',
        bound: 'attempts at least 1 s apart',
        measured: '0.2 s apart',
      },
    ]);
  });
});

describe('a violation of L5', () => {
  it.each(['broker.stop', 'broker.blackhole', 'broker.kick', 'client.term'] as const)(
    'is excused by %s',
    (fault) => {
      const trace = TraceBuilder.riding();
      const step = trace.beginFault('broker.stop');
      trace.disconnect();
      trace.advanceTrying(10_000);
      trace.endFault(step);
      trace.advance(3_000);
      trace.beginFault(fault);
      trace.advance(60_000);
      const returns = trace.result('L5').violations.filter(({ atMs }) => atMs < 43_000);
      expect(returns).toEqual([]);
    },
  );

  it.each(['radio.gap', 'disk.full', 'gps.unplug', 'broker.slow'] as const)(
    'is not excused by %s',
    (fault) => {
      const trace = TraceBuilder.riding();
      const step = trace.beginFault('broker.stop');
      trace.disconnect();
      trace.advance(10_000);
      trace.endFault(step);
      trace.faultFor(fault, 10_000);
      trace.advance(60_000);
      expect(trace.result('L5').violations).toHaveLength(1);
    },
  );

  it.each([
    { fault: 'broker.slow', starts: 0, excused: true },
    { fault: 'disk.error', starts: 1, excused: true },
    { fault: 'disk.error', starts: 0, excused: false },
  ] as const)(
    'of the backlog is excused by $fault with $starts starts meanwhile: $excused',
    ({ fault, starts, excused }) => {
      const trace = TraceBuilder.riding();
      const stop = trace.beginFault('broker.stop');
      trace.disconnect();
      trace.advance(60_000);
      trace.endFault(stop);
      const step = trace.beginFault(fault);
      if (starts > 0) {
        trace.stop('killed');
        trace.start();
      }
      trace.connect();
      trace.stopPublishing();
      trace.advance(10_000);
      trace.endFault(step);
      trace.advance(60_000);
      expect(trace.result('L5').violations).toHaveLength(excused ? 0 : 1);
    },
  );
});
