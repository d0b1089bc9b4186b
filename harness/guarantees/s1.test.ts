import { describe, expect, it } from 'vitest';
import type { TraceEvent } from '../world/trace/event.ts';
import { readings } from './testing/readings.ts';
import { Story, type StoryOptions } from './testing/story.ts';

/** Everything but the events of a sample on the journal's topic. */
const undelivered =
  (...seqs: readonly number[]) =>
  (events: readonly TraceEvent[]): readonly TraceEvent[] =>
    events.filter(
      (event) => !(event.type === 'received' && event.topic.endsWith('realtime') && has(event.payload, seqs)),
    );

const untaken =
  (...seqs: readonly number[]) =>
  (events: readonly TraceEvent[]): readonly TraceEvent[] =>
    undelivered(...seqs)(events).filter((event) => !(event.type === 'taken' && seqs.includes(event.seq)));

function has(payload: string, seqs: readonly number[]): boolean {
  return seqs.includes((JSON.parse(payload) as { seq: number }).seq);
}

/** A client that says after a while that samples will never come. */
function dropping(options: StoryOptions, range: { reason: string; from: number; to: number }): Story {
  const story = Story.riding(options);
  story.after(150_000);
  story.droppedRanges = [{ boot_id: 'b1', ...range }];
  story.after(90_000);
  return story;
}

describe('S1 holds', () => {
  it('where every poll is stored and delivered', () => {
    const story = Story.riding();
    story.after(60_000);
    expect(story.verdict('S1')).toMatchObject({
      violations: [],
      closest: { bound: 'within 1 s', measured: '0 s' },
    });
    expect(story.verdict('S1').occasions).toBeGreaterThan(30);
  });

  it('over a kill of the client, and a power cut', () => {
    const story = Story.riding();
    for (const how of ['killed', 'power cut'] as const) {
      story.begin('client.kill');
      story.stop(how);
      story.after(5_000);
      story.start();
      story.connect();
      story.linkUp();
      story.after(60_000);
    }
    expect(story.verdict('S1').violations).toEqual([]);
  });

  it('where the broker has been away and the rest had no time to arrive', () => {
    const story = Story.riding();
    const step = story.begin('broker.stop');
    story.disconnect();
    story.after(300_000);
    story.end(step);
    story.connect();
    story.after(500);
    expect(story.verdict('S1').violations).toEqual([]);
  });
});

describe('S1 is broken', () => {
  it('by a poll that is not stored', () => {
    const story = Story.riding();
    story.after(60_000);
    const { violations } = story.verdict('S1', untaken(8));
    expect(violations[0]).toMatchObject({
      what: 'a poll yielded no sample',
      bound: 'within 1 s',
      measured: 'not at all',
    });
  });

  it('by a sample that was stored twice over', () => {
    const story = Story.riding();
    story.take(readings(1), 500);
    story.after(60_000);
    expect(story.verdict('S1').violations[0]?.what).toMatch(/stored though the scooter had said nothing new/);
  });

  it('by a sample that was published without being stored', () => {
    const story = Story.riding();
    story.after(30_000);
    const { violations } = story.verdict('S1', (events) =>
      events.filter((event) => !(event.type === 'taken' && event.seq === 8)),
    );
    expect(violations.map(({ what }) => what)).toContain(
      'sample 8 of boot b1 was published, but not stored before',
    );
  });

  it('by samples that never came, though later ones did', () => {
    const story = Story.riding();
    story.after(120_000);
    expect(story.verdict('S1', undelivered(7, 8, 10)).violations).toMatchObject([
      {
        what: 'samples 7 to 8 of boot b1 never came, and the client has not said why',
        measured: '2 samples',
      },
      { what: 'sample 10 of boot b1 never came, and the client has not said why', measured: '1 sample' },
      { what: expect.stringContaining('samples 7 to 8') as string },
      { what: expect.stringContaining('sample 10') as string },
    ]);
  });

  it('by the last samples, where the broker had the time for them', () => {
    const story = Story.riding();
    story.after(30_000);
    const last = story.events.findLast((event) => event.type === 'taken');
    story.after(2_500);
    const { violations } = story.verdict('S1', undelivered(last?.type === 'taken' ? last.seq : 0));
    expect(violations).toMatchObject([{ what: expect.stringContaining('had the time for it') as string }]);
  });

  it('by what a process left behind that was killed', () => {
    const story = Story.riding();
    const stop = story.begin('broker.stop');
    story.disconnect();
    story.after(10_000);
    story.begin('client.kill');
    story.stop('killed');
    story.after(5_000);
    story.start();
    story.end(stop);
    story.connect();
    story.linkUp();
    story.after(60_000);
    const lost = (events: readonly TraceEvent[]): readonly TraceEvent[] =>
      events.filter((event) => !(event.type === 'received' && event.payload.includes('"b1","seq":8')));
    expect(story.verdict('S1').violations).toEqual([]);
    expect(story.verdict('S1', lost).violations).toMatchObject([
      { what: 'sample 8 of boot b1 never came, though the broker had the time for it' },
    ]);
  });
});

describe('what excuses a hole', () => {
  it('is a bound of the outbox that was reached, and nothing less', () => {
    const story = dropping({ outbox: 'max_count = 20' }, { reason: 'count', from: 7, to: 8 });
    expect(story.verdict('S1', undelivered(7, 8)).violations).toEqual([]);
    const early = dropping({ outbox: 'max_count = 20' }, { reason: 'count', from: 27, to: 28 });
    expect(early.verdict('S1', undelivered(27, 28)).violations).toMatchObject([
      {
        what: 'samples 27 to 28 of boot b1 were given up, allegedly for "count"',
        bound: 'only beside 20 others',
        measured: 'beside 9',
      },
    ]);
  });

  it('is the number of bytes that waited', () => {
    const story = dropping({ outbox: 'max_bytes = 10_000' }, { reason: 'bytes', from: 7, to: 7 });
    expect(story.verdict('S1', undelivered(7)).violations).toEqual([]);
    const roomy = dropping({}, { reason: 'bytes', from: 7, to: 7 });
    expect(roomy.verdict('S1', undelivered(7)).violations).toMatchObject([
      { bound: 'only above 1000000000 bytes' },
    ]);
  });

  it('is age, in full', () => {
    const story = dropping({ outbox: 'max_age = 60' }, { reason: 'age', from: 2, to: 2 });
    expect(story.verdict('S1', undelivered(2)).violations).toEqual([]);
    const young = dropping({ outbox: 'max_age = 600' }, { reason: 'age', from: 2, to: 2 });
    expect(young.verdict('S1', undelivered(2)).violations).toMatchObject([
      { bound: 'only when older than 600 s', measured: '174.34 s' },
    ]);
  });

  it('is a disk that failed, and only that', () => {
    const failing = Story.riding();
    const step = failing.begin('disk.full');
    failing.stores = false;
    failing.after(10_000);
    failing.end(step);
    failing.stores = true;
    failing.droppedRanges = [{ boot_id: 'b1', reason: 'disk', from: 7, to: 8 }];
    failing.after(120_000);
    expect(failing.verdict('S1').violations).toEqual([]);
    const sound = dropping({}, { reason: 'disk', from: 7, to: 8 });
    expect(sound.verdict('S1', undelivered(7, 8)).violations).toMatchObject([
      { bound: 'only where the disk fails', measured: 'it never did' },
    ]);
  });

  it('is a broker that hung up three times', () => {
    const hangingUp = (times: number): Story => {
      const story = Story.riding();
      for (let count = 0; count < times; count++) {
        story.begin('broker.kick');
        story.disconnect();
        story.after(2_000);
        story.connect();
      }
      story.droppedRanges = [{ boot_id: 'b1', reason: 'refused', from: 5, to: 5 }];
      story.after(120_000);
      return story;
    };
    expect(hangingUp(3).verdict('S1', undelivered(5)).violations).toEqual([]);
    expect(hangingUp(1).verdict('S1', undelivered(5)).violations).toMatchObject([
      { bound: 'only after 3 hang-ups', measured: '1 hang-up' },
    ]);
  });

  it('is no reason that nobody knows', () => {
    const story = dropping({}, { reason: 'fatigue', from: 7, to: 7 });
    expect(story.verdict('S1', undelivered(7)).violations).toMatchObject([{ measured: 'fatigue' }]);
  });

  it('is no reason at all where the client had no time to give it', () => {
    const story = Story.riding();
    story.disconnect();
    story.after(60_000);
    story.connect();
    story.after(1_000);
    expect(story.verdict('S1', undelivered(7)).violations).toEqual([]);
  });
});

describe('what excuses a poll that yields nothing', () => {
  it.each(['disk.error', 'adapter.mute', 'scooter.garbage'] as const)('is %s', (fault) => {
    const story = Story.riding();
    const step = story.begin(fault);
    story.after(20_000);
    story.end(step);
    story.after(30_000);
    const taken = story.events.flatMap((event) =>
      event.type === 'taken' && event.atMs > 32_000 && event.atMs < 48_000 ? [event.seq] : [],
    );
    expect(taken).not.toEqual([]);
    expect(
      story
        .verdict('S1', (events) =>
          events.filter((event) => !(event.type === 'taken' && taken.includes(event.seq))),
        )
        .violations.map(({ what }) => what),
    ).not.toContain('a poll yielded no sample');
  });

  it('is a disk that failed, until the client has had the time to find out that it works again', () => {
    const story = Story.riding();
    story.stores = false;
    story.during('disk.error', 20_000);
    story.after(62_000);
    expect(story.verdict('S1').violations).toEqual([]);
    story.after(10_000);
    expect(story.verdict('S1').violations).toMatchObject([{ what: 'a poll yielded no sample' }, {}]);
    story.stores = true;
    story.after(10_000);
    expect(story.verdict('S1').violations).toHaveLength(2);
  });

  it('is the death of the client in that moment', () => {
    const story = Story.riding();
    story.after(31_000 - 300);
    const taken = story.events.findLast((event) => event.type === 'taken');
    story.stop('killed');
    story.after(10_000);
    const { violations } = story.verdict('S1', untaken(taken?.type === 'taken' ? taken.seq : 0));
    expect(violations).toEqual([]);
  });

  it('is a full outbox that turns new samples away', () => {
    const full = Story.riding({ outbox: 'max_count = 10\nwhen_full = "drop-newest"' });
    full.disconnect();
    full.after(60_000);
    full.stores = false;
    full.after(60_000);
    expect(full.verdict('S1').violations).toEqual([]);
    const roomy = Story.riding({ outbox: 'max_count = 100\nwhen_full = "drop-newest"' });
    roomy.stores = false;
    roomy.after(10_000);
    expect(roomy.verdict('S1').violations).toMatchObject([{ what: 'a poll yielded no sample' }, {}]);
  });

  it('is no trouble of the broker or of the receiver', () => {
    const story = Story.riding();
    story.begin('broker.slow');
    story.begin('gps.unplug');
    story.stores = false;
    story.after(10_000);
    expect(story.verdict('S1').violations).toHaveLength(2);
  });
});
