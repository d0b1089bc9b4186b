import { describe, expect, it } from 'vitest';
import type { TraceEvent } from '../world/trace/event.ts';
import { TraceBuilder } from './testing/trace-builder.ts';

/** Delivers a sample again. @param atMs undefined for the end of the trace */
const again =
  (trace: TraceBuilder, seq: number, atMs = trace.nowMs) =>
  (events: readonly TraceEvent[]): readonly TraceEvent[] => {
    const delivery = events.find(
      (event) =>
        event.type === 'received' &&
        event.topic.endsWith('realtime') &&
        event.payload.includes(`"seq":${seq},`),
    );
    const repeated = delivery ? [{ ...delivery, atMs }] : [];
    return [...events, ...repeated].sort((a, b) => a.atMs - b.atMs);
  };

/** A client whose process ends, and is started again. */
function restarted(how: 'exit' | 'killed' | 'power cut', afterMs = 60_000): TraceBuilder {
  const trace = TraceBuilder.riding();
  trace.advance(afterMs);
  trace.stop(how);
  trace.advance(5_000);
  trace.start();
  trace.connect();
  trace.linkUp();
  trace.advance(20_000);
  return trace;
}

describe('S10', () => {
  it('holds for a client that delivers each sample once', () => {
    const { checks, violations } = TraceBuilder.riding().result('S10');
    expect(violations).toEqual([]);
    expect(checks).toBeGreaterThan(3);
  });

  it('is violated by a sample that is sent again', () => {
    const trace = TraceBuilder.riding();
    trace.advance(60_000);
    expect(trace.result('S10', again(trace, 3)).violations).toMatchObject([
      { what: 'sample 3 of boot b1 was sent again although the broker had acknowledged it' },
    ]);
  });

  it('allows it if the acknowledgement was lost with the connection, or delayed', () => {
    const trace = TraceBuilder.riding();
    trace.advanceTo(30_800);
    const [last] = trace.events
      .filter((event) => event.type === 'received' && event.topic.endsWith('realtime'))
      .toReversed();
    const seq = last?.type === 'received' ? (JSON.parse(last.payload) as { seq: number }).seq : 0;
    trace.disconnect();
    trace.advance(2_000);
    trace.connect();
    trace.advance(10_000);
    expect(trace.result('S10', again(trace, seq)).violations).toEqual([]);
    const slow = TraceBuilder.riding();
    slow.faultFor('broker.slow', 30_000);
    expect(slow.result('S10', again(slow, 8)).violations).toEqual([]);
  });

  it('is violated after a restart by itself, also by a sample that was sent just before', () => {
    const trace = restarted('exit', 760);
    expect(trace.result('S10', again(trace, 6)).violations).toHaveLength(1);
  });

  it.each(['killed', 'power cut'] as const)('allows it if the client was %s soon afterwards', (how) => {
    const trace = restarted(how, 2_000);
    expect(trace.result('S10', again(trace, 6)).violations).toEqual([]);
    expect(trace.result('S10', again(trace, 1)).violations).toHaveLength(1);
  });

  it('allows it after a power cut, if no further sample was stored', () => {
    const trace = TraceBuilder.riding();
    trace.linkDown();
    trace.advance(60_000);
    trace.stop('power cut');
    trace.start();
    trace.connect();
    trace.advance(10_000);
    expect(trace.result('S10', again(trace, 6)).violations).toEqual([]);
  });

  it('is violated by a delivered sample that is reported as dropped, unless the store was damaged', () => {
    const dropping = (reason: string): TraceBuilder => {
      const trace = TraceBuilder.riding();
      trace.droppedRanges = [{ boot_id: 'b1', reason, from: 2, to: 3 }];
      trace.advance(120_000);
      return trace;
    };
    expect(dropping('count').result('S10').violations).toMatchObject([
      { measured: 'reported after the delivery' },
      { measured: 'reported after the delivery' },
    ]);
    expect(dropping('disk').result('S10').violations).toEqual([]);
  });

  it('is violated by a sample that is delivered after it was reported as dropped', () => {
    const trace = TraceBuilder.riding();
    trace.beginFault('broker.slow');
    trace.droppedRanges = [{ boot_id: 'b1', reason: 'count', from: 30, to: 30 }];
    trace.advance(180_000);
    expect(trace.result('S10').violations).toMatchObject([{ measured: 'delivered after the report' }]);
  });
});
