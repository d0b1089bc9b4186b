import { describe, expect, it } from 'vitest';
import type { FaultName } from '../scenario/faults/table.ts';
import { Story, type StoryOptions } from './testing/story.ts';

/** A ride whose link is lost after 31 s, and comes back so much later. */
function losing(
  backAfterMs: number,
  { options = {}, fault = 'link.drop' }: { options?: StoryOptions; fault?: FaultName } = {},
): Story {
  const story = Story.riding(options);
  story.after(1_000);
  story.begin(fault);
  story.linkDown();
  story.after(backAfterMs);
  story.linkUp();
  story.after(60_000);
  return story;
}

/** The same, with a fault that begins so long after the loss. */
function losingIn(fault: FaultName, afterMs: number, forMs: number): Story {
  const story = Story.riding();
  story.after(1_000);
  story.linkDown();
  story.after(afterMs);
  const step = story.begin(fault);
  story.after(forMs);
  story.end(step);
  story.after(60_000);
  story.linkUp();
  story.after(10_000);
  return story;
}

describe('L2 holds', () => {
  it('where telemetry is back after the return delay, one pause, and the deadlines of connection, login and poll', () => {
    expect(losing(2_000).verdict('L2')).toMatchObject({
      violations: [],
      occasions: 1,
      closest: { bound: 'within 25 s', measured: '2.56 s' },
    });
  });

  it('counts from the moment when the scooter is in reach again', () => {
    const story = Story.riding();
    const step = story.begin('radio.gap');
    story.after(5_000);
    story.linkDown();
    story.after(300_000);
    story.end(step);
    story.after(20_000);
    story.linkUp();
    story.after(60_000);
    expect(story.verdict('L2')).toMatchObject({ violations: [], closest: { measured: '20.56 s' } });
  });

  it('counts from the moment when the scooter is switched on again', () => {
    const story = Story.riding();
    story.begin('scooter.reboot');
    story.tell({ type: 'scooter.off' });
    story.after(5_000);
    story.linkDown();
    story.after(55_000);
    story.tell({ type: 'scooter.on' });
    story.after(20_000);
    story.linkUp();
    story.after(60_000);
    expect(story.verdict('L2')).toMatchObject({ violations: [], occasions: 1 });
  });

  it('allows the pause that the backoff had come to', () => {
    const story = Story.riding();
    const step = story.begin('radio.gap');
    story.after(5_000);
    story.linkDown();
    for (let count = 0; count < 4; count++) {
      story.after(15_000);
      story.tell({ type: 'link.attempt' });
    }
    story.end(step);
    story.after(20_000);
    story.linkUp();
    story.after(60_000);
    expect(story.verdict('L2').closest?.bound).toBe('within 39 s');
  });

  it('allows the longest pause after a link that had come to no telemetry', () => {
    const story = Story.riding();
    story.linkDown();
    story.after(2_000);
    story.linkUp();
    story.after(100);
    story.linkDown();
    story.after(40_000);
    story.linkUp();
    story.after(60_000);
    expect(story.verdict('L2').violations).toMatchObject([{ bound: 'within 25 s' }]);
    expect(story.verdict('L2').occasions).toBe(2);
  });

  it('has nothing to say where the story ends too soon, or the client does for good', () => {
    const story = Story.riding();
    story.linkDown();
    story.after(24_000);
    expect(story.verdict('L2').occasions).toBe(0);
    story.stop('exit', 77);
    story.after(60_000);
    expect(story.verdict('L2').occasions).toBe(0);
  });

  it('has nothing to say of a scooter that stays away, and of a window that ends', () => {
    const off = Story.riding();
    off.tell({ type: 'scooter.off' });
    off.linkDown();
    off.after(300_000);
    expect(off.verdict('L2').occasions).toBe(0);
    expect(losing(60_000, { options: { scooter: 'reconnect_window = 20' } }).verdict('L2').occasions).toBe(0);
  });
});

describe('L2 is broken', () => {
  it('by telemetry that comes too late', () => {
    expect(losing(30_000).verdict('L2')).toMatchObject({
      violations: [
        {
          what: 'no telemetry soon enough after a lost link, with the scooter in reach',
          bound: 'within 25 s',
          measured: '30.56 s',
        },
      ],
    });
  });

  it('by the bound that the configuration makes', () => {
    const options = {
      scooter: 'connect_timeout = 2\nsupervision_timeout = 1\nrequest_timeout = 0.5\nretry_min = 0.5',
    };
    expect(losing(10_000, { options }).verdict('L2').violations).toMatchObject([{ bound: 'within 6.5 s' }]);
  });

  it('by a client that gives up', () => {
    const story = Story.riding();
    story.linkDown();
    story.after(5_000);
    story.stop('exit', 75);
    story.after(60_000);
    expect(story.verdict('L2').violations).toMatchObject([{ measured: 'not at all' }]);
  });
});

describe('what excuses a link that does not come back', () => {
  it.each([
    'radio.loss',
    'radio.gap',
    'link.refuse',
    'scooter.busy',
    'scooter.rebind',
    'adapter.flap',
  ] as const)('is %s before it is back', (fault) => {
    expect(losingIn(fault, 5_000, 2_000).verdict('L2').occasions).toBe(0);
  });

  it('is an adapter that the client has to be started anew for, though it works again', () => {
    const story = Story.riding();
    story.begin('adapter.flap');
    story.after(5_000);
    story.linkDown();
    story.after(30_000);
    expect(story.verdict('L2').violations).toHaveLength(1);
    story.stop('exit', 71);
    story.after(60_000);
    expect(story.verdict('L2').occasions).toBe(0);
  });

  it('is a scooter that is switched off again', () => {
    const story = Story.riding();
    story.linkDown();
    story.after(5_000);
    story.tell({ type: 'scooter.off' });
    story.after(60_000);
    expect(story.verdict('L2').occasions).toBe(0);
  });

  it.each(['broker.stop', 'gps.silence', 'disk.error', 'clock.step'] as const)('is not %s', (fault) => {
    expect(losingIn(fault, 5_000, 2_000).verdict('L2').violations).toHaveLength(1);
  });

  it('is not the drop that has cost it', () => {
    expect(losing(60_000, { fault: 'link.drop' }).verdict('L2').violations).toHaveLength(1);
  });
});
