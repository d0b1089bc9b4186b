import { describe, expect, it } from 'vitest';
import type { TraceEvent } from '../world/trace/event.ts';
import { TraceBuilder } from './testing/trace-builder.ts';

/** Swaps two samples on the journal topic. */
const swapped =
  (one: string, other: string) =>
  (events: readonly TraceEvent[]): readonly TraceEvent[] => {
    const first = journal(events, one);
    const second = journal(events, other);
    return events.map((event) => {
      if (event === first) return { ...second, atMs: event.atMs };
      return event === second ? { ...first, atMs: event.atMs } : event;
    });
  };

function journal(events: readonly TraceEvent[], id: string) {
  const found = events.find(
    (event) => event.type === 'received' && event.topic.endsWith('realtime') && event.payload.includes(id),
  );
  if (found?.type !== 'received') throw new Error(`no ${id}`);
  return found;
}

/** A client that was killed with samples on its disk and restarted. */
function restarted(): TraceBuilder {
  const trace = TraceBuilder.riding();
  trace.disconnect();
  trace.advance(10_000);
  trace.stop('killed');
  trace.advance(5_000);
  trace.start();
  trace.linkUp();
  trace.advance(10_000);
  trace.connect();
  trace.advance(10_000);
  return trace;
}

describe('S2', () => {
  it('holds if samples arrive in the order of storing, even across a restart', () => {
    expect(restarted().result('S2')).toMatchObject({ violations: [], checks: 12 });
  });

  it('holds if samples are delivered again', () => {
    const trace = TraceBuilder.riding();
    const repeated = trace.events.filter(
      (event) => event.type === 'received' && event.topic.endsWith('realtime'),
    );
    const again = repeated.map((event) => ({ ...event, atMs: trace.nowMs }));
    expect(trace.result('S2', (events) => [...events, ...again]).violations).toEqual([]);
  });

  it('is violated if a sample overtakes another', () => {
    const trace = TraceBuilder.riding();
    expect(trace.result('S2', swapped('"b1","seq":3', '"b1","seq":4')).violations).toMatchObject([
      { bound: 'sample 3 of boot b1 first', measured: 'sample 4 of boot b1 first' },
    ]);
  });

  it('is violated if a sample overtakes one of an earlier process', () => {
    const { violations } = restarted().result('S2', swapped('"b1","seq":8', '"b2","seq":1'));
    expect(violations).toMatchObject([
      { bound: 'sample 8 of boot b1 first', measured: 'sample 1 of boot b2 first' },
    ]);
  });

  it('does not compare samples of different processes while those on a damaged disk cannot be read', () => {
    const swap = swapped('"b1","seq":8', '"b2","seq":1');
    const whole = restarted();
    const violations = (damagedAtMs: number) =>
      whole.result('S2', (events) =>
        [
          ...swap(events),
          { type: 'fault.began', step: 9, fault: 'disk.damage', detail: '', atMs: damagedAtMs } as const,
          { type: 'fault.ended', step: 9, fault: 'disk.damage', atMs: damagedAtMs } as const,
          { type: 'loaded', bootId: 'b1', first: 7, last: 8, atMs: damagedAtMs + 1 } as const,
        ].toSorted((a, b) => a.atMs - b.atMs),
      ).violations;
    expect(violations(whole.nowMs - 10_001)).toEqual([]);
    expect(violations(whole.nowMs - 30_000)).toHaveLength(1);
  });

  it('does not compare samples delivered from memory with those of other processes', () => {
    const trace = restarted();
    const isFromMemory = (event: TraceEvent): boolean => event.type === 'taken' && event.bootId === 'b2';
    const swap = swapped('"b1","seq":8', '"b2","seq":1');
    const never = trace.result('S2', (events) => swap(events).filter((event) => !isFromMemory(event)));
    expect(never.violations).toEqual([]);
    const late = trace.result('S2', (events) =>
      swap(events)
        .map((event) => (isFromMemory(event) ? { ...event, atMs: trace.nowMs } : event))
        .sort((a, b) => a.atMs - b.atMs),
    );
    expect(late.violations).toEqual([]);
  });
});
