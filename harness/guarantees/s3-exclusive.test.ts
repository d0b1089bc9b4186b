import { describe, expect, it } from 'vitest';
import { TraceBuilder } from './testing/trace-builder.ts';

const LINK_UP = { type: 'link.up', supervisionMs: 5_000 } as const;

describe('S3', () => {
  it('holds across dropped links, dropped connections and kills', () => {
    const trace = TraceBuilder.riding();
    trace.linkDown();
    trace.advance(1_000);
    trace.linkUp();
    trace.disconnect();
    trace.advance(1_000);
    trace.connect();
    trace.stop('killed');
    trace.advance(5_000);
    trace.start();
    trace.connect();
    trace.linkUp();
    trace.advance(5_000);
    const { checks, violations } = trace.result('S3');
    expect(violations).toEqual([]);
    expect(checks).toBe(3 + 3 + 3);
  });

  it('is violated by a second link', () => {
    const trace = TraceBuilder.riding();
    trace.record(LINK_UP);
    expect(trace.result('S3').violations).toMatchObject([
      { what: 'two links at once', bound: 'one', measured: 'another for 29.75 s' },
    ]);
  });

  it('is violated by a second login on a link', () => {
    const trace = TraceBuilder.riding();
    trace.record({ type: 'login', ok: false });
    expect(trace.result('S3').violations).toEqual([]);
    trace.record({ type: 'login', ok: true });
    expect(trace.result('S3').violations).toMatchObject([{ what: 'two sessions on one link at once' }]);
  });

  it('is violated by an attempt during a connection, and by a second connection', () => {
    const trace = TraceBuilder.riding();
    trace.connectAttempt();
    expect(trace.result('S3').violations).toMatchObject([{ what: 'two publishers at once' }]);
    trace.advance(1_000);
    trace.connect();
    expect(trace.result('S3').violations).toHaveLength(3);
  });

  it('is violated by an attempt even if the broker closes the old connection at the same time', () => {
    const trace = TraceBuilder.riding();
    trace.connectAttempt();
    trace.disconnect();
    expect(trace.result('S3').violations).toMatchObject([{ what: 'two publishers at once' }]);
  });

  it('is not violated by a connection through a black hole that the broker still considers open', () => {
    const trace = TraceBuilder.riding();
    const step = trace.beginFault('broker.blackhole');
    trace.stopPublishing();
    trace.advance(20_000);
    trace.connectAttempt();
    trace.endFault(step);
    trace.advance(1_000);
    trace.disconnect();
    trace.connect();
    expect(trace.result('S3').violations).toEqual([]);
  });

  it.each([
    ['is not violated by a connection whose close arrives late over a slow network', 1_900, 0],
    ['is violated by a connection that stays open for longer than the network takes', 2_100, 1],
  ])('%s', (_what, lateMs, count) => {
    const trace = TraceBuilder.riding();
    trace.beginFault('broker.lag', 'by 2000');
    trace.stopPublishing();
    trace.advance(1_000);
    trace.connectAttempt();
    trace.advance(lateMs);
    trace.disconnect();
    expect(trace.result('S3').violations).toHaveLength(count);
  });

  it('is not violated by a connection that the broker keeps after a power cut', () => {
    const trace = TraceBuilder.riding();
    trace.stop('power cut');
    trace.advance(5_000);
    trace.start();
    trace.connectAttempt();
    expect(trace.result('S3').violations).toEqual([]);
  });

  it('ignores other clients of the broker', () => {
    const trace = TraceBuilder.riding();
    trace.record({ type: 'broker.attempt', clientId: 'dashboard', offer: 'MQTT 5, no will' });
    trace.record({ type: 'broker.connected', clientId: 'dashboard', ...trace.terms });
    expect(trace.result('S3').violations).toEqual([]);
  });
});
