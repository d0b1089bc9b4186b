import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { countUntil, firstAfter, lastUntil } from './search.ts';
import { Spans, type Span } from './span.ts';

const TO_MS = 60;
const anySpan = fc
  .tuple(fc.nat(TO_MS), fc.nat(15))
  .map(([beginMs, forMs]): Span => ({ beginMs, endMs: beginMs + forMs }));
const anySpans = fc.array(anySpan, { maxLength: 8 });
const anyWindow = fc
  .tuple(fc.nat(TO_MS), fc.nat(20))
  .map(([fromMs, forMs]) => [fromMs, fromMs + forMs] as const);

describe('a set of spans', () => {
  it('overlaps a window if one of its spans reaches into or begins in it', () => {
    fc.assert(
      fc.property(anySpans, anyWindow, (spans, [fromMs, toMs]) => {
        const overlaps = spans.some(
          ({ beginMs, endMs }) => beginMs <= toMs && (endMs > fromMs || beginMs > fromMs),
        );
        expect(new Spans(spans).overlaps(fromMs, toMs)).toBe(overlaps);
      }),
    );
  });

  it('merges adjacent spans to find an end', () => {
    const spans = new Spans([
      { beginMs: 10, endMs: 20 },
      { beginMs: 15, endMs: 30 },
      { beginMs: 30, endMs: 35 },
      { beginMs: 50, endMs: 60 },
    ]);
    expect([5, 10, 18, 35, 40, 55].map((ms) => spans.endAt(ms))).toEqual([5, 35, 35, 35, 40, 60]);
    expect(new Spans([]).endAt(7)).toBe(7);
  });

  it('can be subtracted from a window', () => {
    fc.assert(
      fc.property(anySpans, anyWindow, (spans, [beginMs, endMs]) => {
        const left = new Spans(spans).subtractFrom({ beginMs, endMs });
        for (let ms = beginMs + 0.5; ms < endMs; ms++) {
          const isIn = ({ beginMs: from, endMs: to }: Span): boolean => from < ms && ms < to;
          expect(left.some(isIn), `at ${ms}`).toBe(!spans.some(isIn));
        }
        left.forEach((span, index) => {
          expect(span.beginMs).toBeLessThan(span.endMs);
          expect(span.beginMs).toBeGreaterThanOrEqual(left[index - 1]?.endMs ?? beginMs);
        });
      }),
    );
  });
});

describe('a binary search in order of time', () => {
  it('finds the same as a linear search', () => {
    const anyTimes = fc.array(fc.nat(30), { maxLength: 20 }).map((times) => times.sort((a, b) => a - b));
    fc.assert(
      fc.property(anyTimes, fc.nat(31), (times, ms) => {
        const timeOf = (time: number): number => time;
        expect(countUntil(times, ms, timeOf)).toBe(times.filter((time) => time <= ms).length);
        expect(lastUntil(times, ms, timeOf)).toBe(times.findLast((time) => time <= ms));
        expect(firstAfter(times, ms, timeOf)).toBe(times.find((time) => time > ms));
      }),
    );
  });
});
