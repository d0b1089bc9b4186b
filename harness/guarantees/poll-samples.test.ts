import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { assignSamples, type SampleWindow } from './poll-samples.ts';

/** Polls at an interval of 5 s, whose samples are stored up to 6 s later. */
function polls(...demanded: readonly boolean[]): SampleWindow[] {
  return demanded.map((isDemanded, index) => ({
    fromMs: 5_000 * index,
    toMs: 5_000 * index + 6_000,
    isDemanded,
  }));
}

describe('a sample belongs to', () => {
  it('the first poll that it fits', () => {
    expect(assignSamples(polls(true, true), [5_020, 5_020])).toEqual({ ofPolls: [0, 1], others: [] });
  });

  it('a poll from which one is demanded, although it fits an earlier one', () => {
    expect(assignSamples(polls(true, false, true, true), [20, 10_020, 15_020])).toEqual({
      ofPolls: [0, undefined, 1, 2],
      others: [],
    });
  });

  it('an earlier poll from which none is demanded, if all others have theirs', () => {
    expect(assignSamples(polls(false, true), [5_020, 10_500])).toEqual({ ofPolls: [0, 1], others: [] });
  });

  it('no poll, if there is none in time', () => {
    expect(assignSamples(polls(true, true), [6_001, 6_002])).toEqual({
      ofPolls: [undefined, 0],
      others: [1],
    });
  });
});

describe('as many samples as possible belong to polls, first to those from which one is demanded', () => {
  const isFound = fc.record({
    isDemanded: fc.boolean(),
    samplesAfterMs: fc.array(fc.nat(7_000), { maxLength: 2 }),
  });

  it('whatever is missing or late', () => {
    fc.assert(
      fc.property(fc.array(isFound, { maxLength: 7 }), (found) => {
        const windows = polls(...found.map(({ isDemanded }) => isDemanded));
        const samplesMs = found
          .flatMap(({ samplesAfterMs }, index) => samplesAfterMs.map((ms) => 5_000 * index + ms))
          .sort((a, b) => a - b);
        const { ofPolls, others } = assignSamples(windows, samplesMs);
        ofPolls.forEach((sample, index) => {
          if (sample === undefined) return;
          const atMs = samplesMs[sample] ?? NaN;
          expect(atMs).toBeGreaterThanOrEqual(windows[index]?.fromMs ?? NaN);
          expect(atMs).toBeLessThanOrEqual(windows[index]?.toMs ?? NaN);
        });
        const assigned = ofPolls.filter((sample) => sample !== undefined);
        expect(new Set([...assigned, ...others]).size).toBe(assigned.length + others.length);
        expect(assigned.length + others.length).toBe(samplesMs.length);
        const demanded = ofPolls.filter(
          (sample, index) => sample !== undefined && windows[index]?.isDemanded,
        );
        expect({ demanded: demanded.length, all: assigned.length }).toEqual(best(windows, samplesMs));
      }),
    );
  });
});

/** The largest numbers of polls that can have a sample, by trying everything. */
function best(
  windows: readonly SampleWindow[],
  samplesMs: readonly number[],
): { demanded: number; all: number } {
  const [poll, ...others] = windows;
  if (!poll) return { demanded: 0, all: 0 };
  let result = best(others, samplesMs);
  samplesMs.forEach((ms, index) => {
    if (ms < poll.fromMs || ms > poll.toMs) return;
    const rest = best(others, samplesMs.slice(index + 1));
    const demanded = rest.demanded + (poll.isDemanded ? 1 : 0);
    const all = rest.all + 1;
    if (demanded > result.demanded || (demanded === result.demanded && all > result.all))
      result = { demanded, all };
  });
  return result;
}
