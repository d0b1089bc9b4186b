import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { FixWatch } from './fix-watch.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** Passes a fix after each of these intervals. @returns the number of losses, and the times of all reports since the last fix */
function watch(intervalsMs: readonly number[], lossMs: number): { losses: number; reportsMs: number[] } {
  let losses = 0;
  let reportsMs: number[] = [];
  let fixMs = performance.now();
  const sinceFixMs = (): number => Math.round(performance.now() - fixMs);
  const fixes = new FixWatch({
    onNoFix: () => {
      losses += 1;
      reportsMs.push(sinceFixMs());
    },
    onStillNoFix: () => reportsMs.push(sinceFixMs()),
  });
  fixes.start();
  for (const intervalMs of intervalsMs) {
    vi.advanceTimersByTime(intervalMs);
    fixMs = performance.now();
    reportsMs = [];
    fixes.onFix();
  }
  const before = losses;
  vi.advanceTimersByTime(lossMs);
  fixes.stop();
  expect(losses).toBe(before + 1);
  return { losses, reportsMs };
}

describe('the watch over fixes', () => {
  it.each([1, 2, 5, 10, 20, 30])(
    'reports no loss between the fixes of a receiver that has one every %i s, but for the first',
    (seconds) => {
      const { losses, reportsMs } = watch(Array<number>(100).fill(seconds * 1000), 130_000);
      expect(losses).toBeLessThanOrEqual(3);
      expect(reportsMs).toEqual([Math.max(3, 2 * seconds) * 1000, 60_000, 120_000].filter(isNew));
    },
  );

  it('reports only few losses of a receiver with any irregular intervals', () => {
    const irregular = fc.array(fc.integer({ min: 100, max: 8_000 }), { minLength: 20, maxLength: 200 });
    fc.assert(
      fc.property(irregular, (intervalsMs) => {
        // An interval is a surprise if it is at least twice as long as each of the ten before it.
        const surprises = intervalsMs.filter(
          (intervalMs, index) =>
            intervalMs >= 3_000 &&
            intervalMs >= 2 * Math.max(0, ...intervalsMs.slice(Math.max(1, index - 10), index)),
        );
        expect(watch(intervalsMs, 100_000).losses).toBeLessThanOrEqual(surprises.length + 1);
      }),
      // An interval of exactly twice the longest.
      { examples: [[[100, 2_961, 5_922, ...Array<number>(19).fill(100)]]] },
    );
  });

  it('reports a loss of a receiver with a fix each second after 3 s, also after a longer loss', () => {
    const everySecond = Array<number>(20).fill(1_000);
    expect(watch([...everySecond, 50_000, ...everySecond], 70_000).reportsMs).toEqual([3_000, 60_000]);
  });
});

function isNew(ms: number, index: number, all: readonly number[]): boolean {
  return all.indexOf(ms) === index;
}
