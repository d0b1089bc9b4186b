import { describe, expect, it } from 'vitest';
import { GUARANTEE_IDS } from './guarantee.ts';
import { judge } from './judge.ts';
import { Story } from './testing/story.ts';

describe('a run', () => {
  it('is judged by the guarantees that are asked for, in their order', () => {
    const story = Story.riding();
    const judgements = judge(story.events, story.terms, ['L1', 'S2'], story.nowMs);
    expect(judgements).toMatchObject([
      { id: 'L1', verdict: { occasions: 0, violations: [] } },
      { id: 'S2', title: 'Samples arrive in the order in which they were stored', verdict: { occasions: 6 } },
    ]);
  });

  it('of nothing holds by every guarantee', () => {
    const { terms } = new Story();
    for (const { id, verdict } of judge([], terms, GUARANTEE_IDS)) {
      expect(verdict, id).toEqual({ occasions: 0, closest: undefined, delays: [], violations: [] });
    }
  });

  it('that goes well holds by every guarantee, also while it is taken down', () => {
    const story = Story.riding();
    story.after(300_000);
    const endMs = story.nowMs;
    story.stop('exit', 0);
    story.after(120_000);
    for (const { id, verdict } of judge(story.events, story.terms, GUARANTEE_IDS, endMs)) {
      expect(verdict.violations, id).toEqual([]);
    }
  });

  it('of a whole day is judged without a false alarm', () => {
    const story = Story.riding();
    for (let hour = 0; hour < 24; hour++) {
      const step = story.begin('broker.stop');
      story.disconnect();
      story.after(600_000);
      story.end(step);
      story.connect();
      story.begin('link.drop');
      story.linkDown();
      story.after(1_000);
      story.linkUp();
      story.after(2_999_000);
    }
    const judgements = judge(story.events, story.terms, GUARANTEE_IDS, story.nowMs);
    expect(judgements.flatMap(({ verdict }) => verdict.violations)).toEqual([]);
    expect(Object.fromEntries(judgements.map(({ id, verdict }) => [id, verdict.occasions]))).toMatchObject({
      L2: 24,
      L5: 48,
      S2: 17_286,
    });
  });
});
