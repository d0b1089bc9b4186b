import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Backoff } from './backoff.ts';

const MIN_MS = 1_000;
const MAX_MS = 30_000;
const almostOne = (): number => 1 - Number.EPSILON;

const pauses = (backoff: Backoff, count: number): number[] =>
  Array.from({ length: count }, () => backoff.next());
const inSeconds = (pausesMs: readonly number[]): number[] => pausesMs.map((ms) => Math.round(ms / 1000));

describe('the pauses between attempts', () => {
  it('are random below a cap that doubles from the minimum to the maximum', () => {
    const backoff = new Backoff({ minMs: MIN_MS, maxMs: MAX_MS, random: almostOne });
    expect(inSeconds(pauses(backoff, 8))).toEqual([1, 2, 4, 8, 16, 30, 30, 30]);
  });

  it('are the minimum whenever the random number is 0', () => {
    const backoff = new Backoff({ minMs: MIN_MS, maxMs: MAX_MS, random: () => 0 });
    expect(new Set(pauses(backoff, 20))).toEqual(new Set([MIN_MS]));
  });

  it('start from the minimum again after a success', () => {
    const backoff = new Backoff({ minMs: MIN_MS, maxMs: MAX_MS, random: almostOne });
    pauses(backoff, 8);
    backoff.reset();
    expect(inSeconds(pauses(backoff, 3))).toEqual([1, 2, 4]);
  });

  it('are the maximum after a failure that retrying does not fix, and random up to it afterwards', () => {
    const backoff = new Backoff({ minMs: MIN_MS, maxMs: MAX_MS, random: () => 0.5 });
    expect(backoff.longest()).toBe(MAX_MS);
    expect(backoff.next()).toBe((MIN_MS + MAX_MS) / 2);
  });

  it('never leave their limits, so that there are at most T / minimum + 1 attempts in any time T', () => {
    const unit = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
    fc.assert(
      fc.property(
        fc.integer({ min: 100, max: 10_000 }),
        fc.integer({ min: 0, max: 100_000 }),
        fc.array(fc.tuple(unit, fc.constantFrom('next', 'next', 'next', 'longest', 'shortest', 'reset'))),
        (minMs, more, draws) => {
          let drawn = 0;
          const backoff = new Backoff({ minMs, maxMs: minMs + more, random: () => drawn });
          for (const [value, act] of draws) {
            drawn = value;
            const pauseMs = backoff[act]() ?? minMs;
            expect(pauseMs).toBeGreaterThanOrEqual(minMs);
            expect(pauseMs).toBeLessThanOrEqual(minMs + more);
          }
        },
      ),
    );
  });
});
