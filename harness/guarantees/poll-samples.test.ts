import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { assignSamples, type SampleWindow } from './poll-samples.ts';
import type { Span } from './view/span.ts';

/** Polls at an interval of 5 s, whose samples are stored up to 6 s later. */
function polls(...demanded: readonly boolean[]): SampleWindow[] {
  return demanded.map((isDemanded, index) => ({
    fromMs: 5_000 * index,
    toMs: 5_000 * index + 6_000,
    isDemanded,
  }));
}

/** Samples that became safe at these times. */
function safeAt(...timesMs: readonly number[]): Span[] {
  return timesMs.map((ms) => ({ beginMs: ms, endMs: ms }));
}

describe('a sample belongs to', () => {
  it('the first poll that it fits', () => {
    expect(assignSamples(polls(true, true), safeAt(5_020, 5_020))).toEqual({ ofPolls: [0, 1], others: [] });
  });

  it('a poll from which one is demanded, although it fits an earlier one', () => {
    expect(assignSamples(polls(true, false, true, true), safeAt(20, 10_020, 15_020))).toEqual({
      ofPolls: [0, undefined, 1, 2],
      others: [],
    });
  });

  it('an earlier poll from which none is demanded, if all others have theirs', () => {
    expect(assignSamples(polls(false, true), safeAt(5_020, 10_500))).toEqual({ ofPolls: [0, 1], others: [] });
  });

  it('a poll within the time in which it was dropped, so that later ones keep theirs', () => {
    const dropped = { beginMs: 20, endMs: 15_020 };
    const samples = [...safeAt(20), dropped, ...safeAt(15_020, 15_020, 20_020)];
    expect(assignSamples(polls(true, true, true, true, true), samples)).toEqual({
      ofPolls: [0, 1, 2, 3, 4],
      others: [],
    });
  });

  it('no poll, if there is none in time', () => {
    expect(assignSamples(polls(true, true), safeAt(6_001, 6_002))).toEqual({
      ofPolls: [undefined, 0],
      others: [1],
    });
  });
});

describe('as many samples as possible belong to polls, first to those from which one is demanded', () => {
  const isFound = fc.record({
    isDemanded: fc.boolean(),
    samples: fc.array(fc.record({ afterMs: fc.nat(7_000), withinMs: fc.constantFrom(0, 0, 3_000, 12_000) }), {
      maxLength: 2,
    }),
  });

  it('whatever is missing or late', () => {
    fc.assert(
      fc.property(fc.array(isFound, { maxLength: 7 }), (found) => {
        const windows = polls(...found.map(({ isDemanded }) => isDemanded));
        const spans = found.flatMap(({ samples: all }, index) =>
          all.map(({ afterMs, withinMs }) => ({
            beginMs: 5_000 * index + afterMs,
            endMs: 5_000 * index + afterMs + withinMs,
          })),
        );
        const endsMs = spans.map(({ endMs }) => endMs).sort((a, b) => a - b);
        const samples = spans
          .map(({ beginMs }) => beginMs)
          .sort((a, b) => a - b)
          .map((beginMs, index): Span => ({ beginMs, endMs: endsMs[index] ?? NaN }));
        const { ofPolls, others } = assignSamples(windows, samples);
        ofPolls.forEach((sample, index) => {
          if (sample === undefined) return;
          const { beginMs = NaN, endMs = NaN } = samples[sample] ?? {};
          expect(endMs).toBeGreaterThanOrEqual(windows[index]?.fromMs ?? NaN);
          expect(beginMs).toBeLessThanOrEqual(windows[index]?.toMs ?? NaN);
        });
        const assigned = ofPolls.filter((sample) => sample !== undefined);
        expect(new Set([...assigned, ...others]).size).toBe(assigned.length + others.length);
        expect(assigned.length + others.length).toBe(samples.length);
        const demanded = ofPolls.filter(
          (sample, index) => sample !== undefined && windows[index]?.isDemanded,
        );
        expect({ demanded: demanded.length, all: assigned.length }).toEqual(best(windows, samples));
      }),
    );
  });
});

/** The largest numbers of polls that can have a sample, by trying everything. */
function best(windows: readonly SampleWindow[], samples: readonly Span[]): { demanded: number; all: number } {
  const [poll, ...others] = windows;
  if (!poll) return { demanded: 0, all: 0 };
  let result = best(others, samples);
  samples.forEach(({ beginMs, endMs }, index) => {
    if (endMs < poll.fromMs || beginMs > poll.toMs) return;
    const rest = best(others, samples.slice(index + 1));
    const demanded = rest.demanded + (poll.isDemanded ? 1 : 0);
    const all = rest.all + 1;
    if (demanded > result.demanded || (demanded === result.demanded && all > result.all))
      result = { demanded, all };
  });
  return result;
}
