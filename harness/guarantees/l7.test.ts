import { describe, expect, it } from 'vitest';
import type { FaultName } from '../scenario/faults/table.ts';
import type { TraceEvent } from '../world/trace/event.ts';
import { Story } from './testing/story.ts';

const NOTHING_BESIDE: readonly FaultName[] = [];

/** A client that rides, is told to stop, and ends so much later. */
function stopping({ afterMs = 300, code = 0, beside = NOTHING_BESIDE } = {}): Story {
  const story = Story.riding();
  for (const fault of beside) story.begin(fault);
  story.begin('client.term');
  story.after(afterMs);
  story.stop('exit', code);
  story.after(10_000);
  return story;
}

const without =
  (fits: (event: TraceEvent) => boolean) =>
  (events: readonly TraceEvent[]): readonly TraceEvent[] =>
    events.filter((event) => !fits(event));

const hangsUpLate = (events: readonly TraceEvent[]): readonly TraceEvent[] =>
  events
    .map((event) => (event.type === 'link.down' ? { ...event, atMs: event.atMs + 5_000 } : event))
    .sort((a, b) => a.atMs - b.atMs);

const isOffline = (event: TraceEvent): boolean => event.type === 'received' && event.payload === 'offline';

describe('L7 holds', () => {
  it('for a client that hangs up, says so, and ends', () => {
    expect(stopping().verdict('L7')).toEqual({
      occasions: 1,
      closest: { bound: 'within 5 s', measured: '0.3 s' },
      delays: [{ tookMs: 300, withinMs: 5_000 }],
      violations: [],
    });
  });

  it('also for the stop at the end of every story', () => {
    const story = Story.riding();
    const endMs = story.nowMs;
    const verdict = story.verdict('L7', () => {
      story.after(400);
      story.stop('exit');
      const { events } = story;
      story.nowMs = endMs;
      return events;
    });
    expect(verdict).toMatchObject({ occasions: 1, violations: [], closest: { measured: '0.4 s' } });
  });

  it('where the broker cannot hear, or the scooter', () => {
    expect(stopping({ beside: ['broker.blackhole'] }).verdict('L7', without(isOffline)).violations).toEqual(
      [],
    );
    expect(stopping({ beside: ['radio.gap'] }).verdict('L7', hangsUpLate).violations).toEqual([]);
  });

  it('has nothing to say of a client that is not running, or is killed meanwhile', () => {
    const story = Story.riding();
    story.stop('exit', 69);
    story.after(1_000);
    story.begin('client.term');
    story.after(1_000);
    expect(story.verdict('L7').occasions).toBe(0);

    const killed = Story.riding();
    killed.begin('client.term');
    killed.stop('killed');
    expect(killed.verdict('L7').occasions).toBe(0);
  });
});

describe('L7 is broken', () => {
  it('by a client that takes too long', () => {
    expect(stopping({ afterMs: 6_000 }).verdict('L7').violations).toMatchObject([
      { what: 'the client did not stop in time', bound: 'within 5 s', measured: '6 s' },
    ]);
  });

  it('by another exit code, or a crash', () => {
    expect(stopping({ code: 71 }).verdict('L7').violations).toMatchObject([
      { what: 'the client was told to stop and ended otherwise', bound: 'exit 0', measured: 'exit 71' },
    ]);
    const crashed = stopping().verdict('L7', (events) =>
      events.map((event) =>
        event.type === 'client.ended'
          ? { type: event.type, atMs: event.atMs, life: event.life, how: 'crashed', error: 'TypeError' }
          : event,
      ),
    );
    expect(crashed.violations).toMatchObject([{ measured: 'TypeError' }]);
  });

  it('by a client that leaves the scooter to find out by itself', () => {
    expect(stopping().verdict('L7', hangsUpLate).violations).toMatchObject([
      { what: 'the client ended without hanging up on the scooter', measured: 'a link for another 5 s' },
    ]);
  });

  it('by a client that says nothing, or leaves it to its last will', () => {
    expect(stopping().verdict('L7', without(isOffline)).violations).toMatchObject([
      { what: 'the client did not say that it is offline', measured: 'nothing' },
    ]);
    const byWill = stopping().verdict('L7', (events) =>
      events.map((event) =>
        event.type === 'received' && isOffline(event) ? { ...event, isWill: true } : event,
      ),
    );
    expect(byWill.violations).toMatchObject([{ measured: 'offline by its last will' }]);
  });
});
