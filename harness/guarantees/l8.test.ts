import { describe, expect, it } from 'vitest';
import type { TraceEvent } from '../world/trace/event.ts';
import { TraceBuilder } from './testing/trace-builder.ts';

/** A client that dies with samples on its disk, comes back, and delivers them; sample 7 and 8 of boot b1. */
function dying(how: 'killed' | 'power cut' | 'exit', connectedForMs = 60_000): TraceBuilder {
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
    'holds where everything stored before the client was %s arrives',
    (how) => {
      expect(dying(how).verdict('L8')).toMatchObject({ violations: [], checks: 1 });
    },
  );

  it('is not about a client that ends by itself', () => {
    expect(dying('exit').verdict('L8').checks).toBe(0);
  });

  it('is broken by a sample that was stored and is lost', () => {
    expect(dying('power cut').verdict('L8', lost('"b1","seq":8')).violations).toMatchObject([
      {
        atMs: 40_000,
        what: 'what was stored before a power cut is lost, from sample 8 of boot b1 on',
        bound: '2 samples delivered',
        measured: '1 sample delivered',
      },
    ]);
  });

  it('is broken by what comes out of order', () => {
    expect(dying('killed').verdict('L8', delayed('"b1","seq":8', 15)).violations).toEqual([]);
    expect(dying('killed').verdict('L8', delayed('"b1","seq":8', 5_000)).violations).toMatchObject([
      { bound: 'sample 8 of boot b1 first', measured: expect.stringContaining('boot b2 first') as string },
    ]);
  });

  it('does not hold against it what the broker had no time for', () => {
    expect(dying('killed', 1_900).verdict('L8', lost('"b1","seq":8')).checks).toBe(0);
    expect(dying('killed', 2_100).verdict('L8', lost('"b1","seq":8')).violations).toHaveLength(1);
  });

  it('does not hold against it what was given up, and said so', () => {
    const trace = dying('power cut');
    trace.droppedRanges = [{ boot_id: 'b1', from: 8, to: 8, reason: 'age' }];
    trace.advance(60_000);
    expect(trace.verdict('L8', lost('"b1","seq":8'))).toMatchObject({ violations: [], checks: 1 });
  });
});
