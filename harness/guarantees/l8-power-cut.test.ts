import { describe, expect, it } from 'vitest';
import type { TraceEvent } from '../world/trace/event.ts';
import { TraceBuilder } from './testing/trace-builder.ts';

/** A client that ends with samples 7 and 8 of boot b1 on its disk, and delivers them after its restart. */
function endingWithBacklog(how: 'killed' | 'power cut' | 'exit', connectedForMs = 60_000): TraceBuilder {
  const trace = TraceBuilder.riding();
  const stop = trace.beginFault('broker.stop');
  trace.disconnect();
  trace.advance(10_000);
  if (how !== 'exit') trace.beginFault('client.kill');
  trace.stop(how, 75);
  trace.advance(5_000);
  trace.start();
  trace.linkUp();
  trace.advance(10_000);
  trace.endFault(stop);
  trace.connect();
  trace.advance(connectedForMs);
  return trace;
}

const isJournal = (event: TraceEvent, id: string): boolean =>
  event.type === 'received' && event.topic.endsWith('realtime') && event.payload.includes(id);

const lost =
  (id: string) =>
  (events: readonly TraceEvent[]): readonly TraceEvent[] =>
    events.filter((event) => !isJournal(event, id));

const delayed =
  (id: string, ms: number) =>
  (events: readonly TraceEvent[]): readonly TraceEvent[] =>
    events
      .map((event) => (isJournal(event, id) ? { ...event, atMs: event.atMs + ms } : event))
      .sort((a, b) => a.atMs - b.atMs);

describe('L8', () => {
  it.each(['killed', 'power cut'] as const)(
    'holds if every stored sample is delivered after the client was %s',
    (how) => {
      expect(endingWithBacklog(how).result('L8')).toMatchObject({ violations: [], checks: 1 });
    },
  );

  it('is not checked for a client that exits by itself', () => {
    expect(endingWithBacklog('exit').result('L8').checks).toBe(0);
  });

  it('is violated if a stored sample is lost', () => {
    expect(endingWithBacklog('power cut').result('L8', lost('"b1","seq":8')).violations).toMatchObject([
      {
        atMs: 40_000,
        what: 'stored samples were lost in a power cut, from sample 8 of boot b1 on',
        bound: '2 samples delivered',
        measured: '1 sample delivered',
      },
    ]);
  });

  it('is violated if samples are delivered out of order', () => {
    expect(endingWithBacklog('killed').result('L8', delayed('"b1","seq":8', 15)).violations).toEqual([]);
    expect(endingWithBacklog('killed').result('L8', delayed('"b1","seq":8', 5_000)).violations).toMatchObject(
      [{ bound: 'sample 8 of boot b1 first', measured: expect.stringContaining('boot b2 first') as string }],
    );
  });

  it('is not violated if there was no time to deliver the sample', () => {
    expect(endingWithBacklog('killed', 1_900).result('L8', lost('"b1","seq":8')).checks).toBe(0);
    expect(endingWithBacklog('killed', 2_100).result('L8', lost('"b1","seq":8')).violations).toHaveLength(1);
  });

  it('is not violated by a sample that was reported as dropped', () => {
    const trace = endingWithBacklog('power cut');
    trace.droppedRanges = [{ boot_id: 'b1', from: 8, to: 8, reason: 'age' }];
    trace.advance(60_000);
    expect(trace.result('L8', lost('"b1","seq":8'))).toMatchObject({ violations: [], checks: 1 });
  });
});
