import { describe, expect, it } from 'vitest';
import type { TraceEvent } from '../world/trace/event.ts';
import { Story } from './testing/story.ts';

/** A client that dies with samples on its disk, comes back, and delivers them; sample 7 and 8 of boot b1. */
function dying(how: 'killed' | 'power cut' | 'exit', connectedForMs = 60_000): Story {
  const story = Story.riding();
  const stop = story.begin('broker.stop');
  story.disconnect();
  story.after(10_000);
  if (how !== 'exit') story.begin('client.kill');
  story.stop(how, 75);
  story.after(5_000);
  story.start();
  story.linkUp();
  story.after(10_000);
  story.end(stop);
  story.connect();
  story.after(connectedForMs);
  return story;
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
      expect(dying(how).verdict('L8')).toMatchObject({ violations: [], occasions: 1 });
    },
  );

  it('is not about a client that ends by itself', () => {
    expect(dying('exit').verdict('L8').occasions).toBe(0);
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
    expect(dying('killed', 1_900).verdict('L8', lost('"b1","seq":8')).occasions).toBe(0);
    expect(dying('killed', 2_100).verdict('L8', lost('"b1","seq":8')).violations).toHaveLength(1);
  });

  it('does not hold against it what was given up, and said so', () => {
    const story = dying('power cut');
    story.droppedRanges = [{ boot_id: 'b1', from: 8, to: 8, reason: 'age' }];
    story.after(60_000);
    expect(story.verdict('L8', lost('"b1","seq":8'))).toMatchObject({ violations: [], occasions: 1 });
  });
});
