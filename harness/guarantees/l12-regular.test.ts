import { describe, expect, it } from 'vitest';
import { TraceBuilder } from './testing/trace-builder.ts';

/** A ride with one pause between two polls that is longer or shorter. */
function irregular(byMs: number): TraceBuilder {
  const trace = TraceBuilder.riding();
  trace.delayNextPoll(byMs);
  trace.advance(30_000);
  return trace;
}

/** A ride during which the scooter no longer answers for the battery. */
function withSilentBattery(): TraceBuilder {
  const trace = TraceBuilder.riding();
  trace.silentBlocks.add('battery');
  trace.advance(35_000);
  return trace;
}

describe('L12', () => {
  it('holds if polls are at whole multiples of the interval', () => {
    expect(TraceBuilder.riding().result('L12')).toMatchObject({ violations: [], checks: 5 });
  });

  it.each([
    [1_000, 'late'],
    [-1_000, 'early'],
  ])('is violated by a poll %i ms off', (byMs, how) => {
    const [violation, ...more] = irregular(byMs).result('L12').violations;
    expect(violation?.what).toBe(`poll 6 after an undisturbed one is ${how}`);
    expect(more).toEqual([]);
  });

  it('is violated by polls that drift', () => {
    const trace = TraceBuilder.riding();
    for (let count = 0; count < 20; count++) {
      trace.delayNextPoll(30);
      trace.advance(5_030);
    }
    expect(trace.result('L12').violations).not.toEqual([]);
  });

  it('allows for the time of another block that is answered again', () => {
    const trace = withSilentBattery();
    trace.silentBlocks.clear();
    trace.retry('battery');
    trace.delayNextPoll(300);
    trace.advance(30_000);
    expect(trace.result('L12')).toMatchObject({ violations: [], checks: 5 + 5 + 4 });
  });

  it('is violated by a late poll after a block is answered again', () => {
    const trace = withSilentBattery();
    trace.silentBlocks.clear();
    trace.retry('battery');
    trace.advance(10_000);
    trace.delayNextPoll(300);
    trace.advance(30_000);
    expect(trace.result('L12').violations).toMatchObject([
      { what: 'poll 2 after an undisturbed one is late' },
    ]);
  });

  it('is not about polls during a fault, or after one', () => {
    const trace = TraceBuilder.riding();
    const step = trace.beginFault('scooter.slow');
    trace.delayNextPoll(1_000);
    trace.advance(10_000);
    trace.endFault(step);
    trace.advance(30_000);
    expect(trace.result('L12').violations).toEqual([]);
  });

  it('is violated if a process reads a reachable scooter late after its start', () => {
    const late = new TraceBuilder();
    late.record({ type: 'scooter.on' });
    late.record({ type: 'advertising', on: true });
    late.start();
    late.advanceTo(10_000);
    late.linkUp();
    late.advanceTo(30_000);
    expect(late.result('L12').violations).toMatchObject([
      { what: 'no telemetry in time after the start of a process with the scooter reachable' },
    ]);
  });
});
