import { describe, expect, it } from 'vitest';
import { countShares, sumOfShares } from './share-counts.ts';
import { slowerThanUsual, usualDelays } from './usual-delays.ts';

const KEPT = { L2: { count: 100, p50: 0.2, p99: 0.4 } } as const;

describe('what is usual', () => {
  it('is the median and the 99th percentile of all runs', () => {
    const delays = Array.from({ length: 100 }, (_, index) => ({ tookMs: (index + 1) * 20, withinMs: 2_000 }));
    const runs = [delays.slice(0, 30), delays.slice(30)].map(countShares);
    expect(usualDelays({ L2: sumOfShares(runs), L5: {} })).toEqual({
      L2: { count: 100, p50: 0.5, p99: 0.99 },
    });
  });

  it('excludes what did not happen at all: that is a violation', () => {
    const shares = countShares([
      { tookMs: 500, withinMs: 2_000 },
      { tookMs: Infinity, withinMs: 1 },
    ]);
    expect(usualDelays({ L2: shares })).toEqual({ L2: { count: 1, p50: 0.25, p99: 0.25 } });
  });

  it('has become slower if it takes more than half as long again', () => {
    expect(slowerThanUsual(KEPT, { L2: { count: 100, p50: 0.3, p99: 0.6 } })).toEqual([]);
    expect(slowerThanUsual(KEPT, { L2: { count: 100, p50: 0.31, p99: 0.61 } })).toEqual([
      'L2: p50 was 20 % of the bound, and is 31 %',
      'L2: p99 was 40 % of the bound, and is 61 %',
    ]);
  });

  it('is not compared for a few deadlines, nor for what takes no time', () => {
    expect(slowerThanUsual(KEPT, { L2: { count: 4, p50: 1, p99: 1 } })).toEqual([]);
    const kept = { L9: { count: 50, p50: 0, p99: 0.001 } };
    expect(slowerThanUsual(kept, { L9: { count: 50, p50: 0.01, p99: 0.02 } })).toEqual([]);
  });
});
