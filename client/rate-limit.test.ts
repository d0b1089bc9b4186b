import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RateLimit } from './rate-limit.ts';

const SECOND_MS = 1_000;

/** Returns the times at which `count` messages are sent if every timer is late by `lateMs()`. */
function times(ratePerS: number, count: number, lateMs: () => number): number[] {
  let nowMs = 5_000;
  const limit = new RateLimit(ratePerS, () => nowMs);
  return Array.from({ length: count }, () => {
    const pauseMs = limit.next();
    if (pauseMs >= 1) nowMs += pauseMs + lateMs();
    return nowMs;
  });
}

function maxPerSecond(sent: readonly number[]): number {
  return Math.max(
    ...sent.map((from, index) => sent.slice(index).filter((to) => to < from + SECOND_MS).length),
  );
}

describe('the rate limit', () => {
  it.each([1, 50, 300, 2_000])(
    'of %i messages per second is reached on average although timers are late',
    (rate) => {
      const sent = times(rate, 4 * rate, () => 0.9);
      const tookMs = (sent.at(-1) ?? NaN) - (sent[0] ?? NaN);
      expect(tookMs).toBeLessThanOrEqual(4 * SECOND_MS + 1);
    },
  );

  it('is exceeded at most by the compensated delay of a timer', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 500 }),
        fc.array(fc.double({ min: 0, max: 2_000, noNaN: true }), { minLength: 1, maxLength: 20 }),
        (rate, lateness) => {
          let index = 0;
          const sent = times(rate, 300, () => lateness[index++ % lateness.length] ?? 0);
          expect(maxPerSecond(sent)).toBeLessThanOrEqual(rate * 1.01 + 2);
        },
      ),
    );
  });

  it('allows no burst after an idle period', () => {
    let nowMs = 0;
    const limit = new RateLimit(50, () => nowMs);
    nowMs = 60_000;
    const pauses = Array.from({ length: 4 }, () => limit.next());
    expect(pauses).toEqual([0, 10, 30, 50]);
  });
});
