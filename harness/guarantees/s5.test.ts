import { describe, expect, it } from 'vitest';
import { Story } from './testing/story.ts';

/** A client that loses its link again and again, and holds each time what `census` says. */
function reconnecting(times: number, census: (link: number) => Partial<Story['census']>): Story {
  const story = Story.riding();
  for (let link = 1; link <= times; link++) {
    story.begin('link.drop');
    story.linkDown();
    story.after(1_000);
    story.census = { ...story.census, ...census(link) };
    story.linkUp();
    story.after(10_000);
  }
  return story;
}

describe('S5', () => {
  it('holds where a client holds now a little more and now a little less', () => {
    const story = reconnecting(40, (link) => ({ timers: 9 + (link % 5), listeners: 30 + (link % 8) }));
    const { occasions, violations, closest } = story.verdict('S5');
    expect(violations).toEqual([]);
    expect(occasions).toBe(3 + 40);
    expect(closest?.bound).toBe('at most 6 handles after 41 links');
  });

  it('says nothing of a few links', () => {
    expect(reconnecting(3, (link) => ({ timers: 100 * link })).verdict('S5')).toMatchObject({
      violations: [],
      occasions: 3,
    });
  });

  it.each(['timers', 'listeners', 'handles'] as const)('is broken by %s that pile up', (name) => {
    const { violations } = reconnecting(40, (link) => ({ [name]: 10 + link })).verdict('S5');
    expect(violations).toMatchObject([{ what: `${name} pile up from link to link`, measured: `41 ${name}` }]);
  });

  it('is fair to a new process, which begins anew', () => {
    const story = reconnecting(6, (link) => ({ listeners: 30 + 10 * link }));
    story.stop('killed');
    story.after(5_000);
    story.start();
    story.connect();
    story.linkUp();
    story.after(5_000);
    expect(story.verdict('S5').violations).toEqual([]);
  });

  it('is broken by a store that forgets nothing', () => {
    const { violations } = reconnecting(20, (link) => ({ storeBytes: 50_000 * link })).verdict('S5');
    expect(violations[0]).toMatchObject({
      what: 'the store holds more than what waits',
      bound: expect.stringMatching(/^at most 3\d{5} bytes in the store$/) as string,
      measured: '400000 bytes',
    });
  });

  it('lets the store hold what waits', () => {
    const story = Story.riding();
    story.disconnect();
    story.after(3_600_000);
    story.linkDown();
    story.after(1_000);
    story.census = { ...story.census, storeBytes: 726 * 700 };
    story.linkUp();
    story.after(1_000);
    expect(story.verdict('S5').violations).toEqual([]);
    story.linkDown();
    story.census = { ...story.census, storeBytes: 2_000 * 700 };
    story.after(1_000);
    story.linkUp();
    story.after(1_000);
    expect(story.verdict('S5').violations).toHaveLength(1);
  });
});
