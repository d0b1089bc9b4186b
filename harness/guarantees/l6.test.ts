import { describe, expect, it } from 'vitest';
import type { FaultName } from '../scenario/faults/table.ts';
import type { TraceEvent } from '../world/trace/event.ts';
import { Story, type StoryOptions } from './testing/story.ts';

const DEAF = {
  'gps.silence': 'unheard',
  'gps.unplug': 'unheard',
  'gps.garbage': 'unheard',
  'gps.nofix': 'no fix',
} as const;

/** A ride on which the receiver fails for so long, and is heard again so much later. */
function failing(
  fault: keyof typeof DEAF,
  {
    forMs = 30_000,
    backAfterMs = 0,
    options = {},
    other,
  }: { forMs?: number; backAfterMs?: number; options?: StoryOptions; other?: FaultName } = {},
): Story {
  const story = Story.riding(options);
  story.gps = DEAF[fault];
  const step = story.begin(fault);
  story.after(forMs / 2);
  if (other) story.begin(other);
  story.after(forMs / 2);
  story.end(step);
  story.after(backAfterMs);
  story.gps = 'fix';
  story.after(30_000);
  return story;
}

const without =
  (...seqs: readonly number[]) =>
  (events: readonly TraceEvent[]): readonly TraceEvent[] =>
    events.filter((event) => !(event.type === 'taken' && seqs.includes(event.seq)));

describe('L6 holds', () => {
  it.each(['gps.silence', 'gps.unplug', 'gps.garbage', 'gps.nofix'] as const)('over %s', (fault) => {
    expect(failing(fault, { backAfterMs: 5_500 }).verdict('L6')).toMatchObject({
      violations: [],
      occasions: 2,
    });
  });

  it('says nothing of a client without a receiver', () => {
    expect(failing('gps.unplug', { options: { serial: false } }).verdict('L6').occasions).toBe(0);
  });

  it('says nothing where nobody polls, and nothing of the position where the client is not there', () => {
    const story = Story.riding();
    story.stop('killed');
    story.during('gps.unplug', 10_000);
    story.after(30_000);
    expect(story.verdict('L6').occasions).toBe(0);
  });
});

describe('L6 is broken', () => {
  it('by a sample that is late or missing while the receiver fails', () => {
    expect(failing('gps.unplug').verdict('L6', without(8)).violations).toMatchObject([
      { what: 'a sample was late or missing at gps.unplug', bound: 'within 6.5 s', measured: '10 s' },
    ]);
  });

  it('by samples that stay away after it', () => {
    expect(failing('gps.silence', { forMs: 3_000 }).verdict('L6', without(7, 8)).violations).toMatchObject([
      { bound: 'within 6.5 s', measured: '10 s' },
    ]);
  });

  it('by a position that comes back too late, or never', () => {
    expect(failing('gps.unplug', { backAfterMs: 9_500 }).verdict('L6').violations).toMatchObject([
      { what: 'no fix soon enough after gps.unplug', bound: 'within 7 s', measured: '10 s' },
    ]);
    const options = { options: { mqtt: 'send_interval = 2' }, backAfterMs: 29_000 };
    expect(failing('gps.nofix', options).verdict('L6').violations).toHaveLength(1);
  });
});

describe('what excuses', () => {
  it.each(['radio.gap', 'link.stall', 'scooter.mute', 'disk.full', 'client.term'] as const)(
    'a missing sample: %s',
    (other) => {
      const story = failing('gps.unplug', { other });
      expect(story.verdict('L6', without(9, 10, 11)).violations).toEqual([]);
    },
  );

  it.each(['broker.stop', 'gps.nofix', 'clock.step'] as const)('no missing sample: %s', (other) => {
    const story = failing('gps.unplug', { other });
    expect(story.verdict('L6', without(9, 10, 11)).violations).toContainEqual(
      expect.objectContaining({ what: 'a sample was late or missing at gps.unplug' }),
    );
  });

  it('a missing position: another fault of the receiver', () => {
    const story = Story.riding();
    const first = story.begin('gps.unplug');
    story.gps = 'unheard';
    story.after(10_000);
    const second = story.begin('gps.silence');
    story.end(first);
    story.after(30_000);
    story.end(second);
    story.gps = 'fix';
    story.after(30_000);
    expect(story.verdict('L6')).toMatchObject({ violations: [], occasions: 3 });
  });
});
