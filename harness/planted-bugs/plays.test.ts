import { describe, expect, it } from 'vitest';
import { dailyScenarios } from '../scenario/format/collection.ts';
import { allPlays } from './plays.ts';

describe('the plays', () => {
  const plays = allPlays({ seeds: 3, minutes: 2 });

  it('are the scenarios of the test suite and the first seeds of a campaign', () => {
    const paths = plays.flatMap(({ origin }) => (origin.kind === 'file' ? [origin.path] : []));
    expect(paths).toEqual(dailyScenarios());
    const seeds = plays.flatMap(({ origin }) => (origin.kind === 'campaign' ? [origin.seed] : []));
    expect(seeds).toEqual([1, 2, 3]);
  });

  it('have different names, by which results are kept', () => {
    expect(new Set(plays.map(({ name }) => name)).size).toBe(plays.length);
    expect(allPlays({ seeds: 1, minutes: 3 }).at(-1)?.name).not.toBe(plays.at(-3)?.name);
  });

  it('are given more time if they are long', () => {
    const limitOf = (name: string): number =>
      plays.find((play) => play.name === name)?.limits.cpuLimitMs ?? NaN;
    expect(limitOf('off-for-an-hour')).toBeGreaterThan(3 * limitOf('tunnel'));
  });
});
