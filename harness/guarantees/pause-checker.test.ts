import { describe, expect, it } from 'vitest';
import { seededRandom } from '../world/random.ts';
import { Backoff } from '../../client/backoff.ts';
import { PauseChecker, type Pause, type PauseProblem } from './pause-checker.ts';

const LIMITS = { minMs: 1_000, maxMs: 30_000 };

function pause(ms: number, change: Partial<Pause> = {}): Pause {
  return {
    earliestMs: 0,
    latestMs: 0,
    toMs: ms,
    reset: 'none',
    mayBeCutShort: false,
    longest: 'no',
    ...change,
  };
}

/** What is wrong with pauses, one after the other. */
function problems(pauses: readonly Pause[]): (PauseProblem['what'] | undefined)[] {
  const checker = new PauseChecker(LIMITS);
  return pauses.map((each) => checker.check(each).problem?.what);
}

describe('pauses of a backoff', () => {
  it('are accepted as the client draws them, whatever the seed', () => {
    for (let seed = 1; seed <= 300; seed++) {
      const backoff = new Backoff({ ...LIMITS, random: seededRandom(seed).unit });
      const drawn = Array.from({ length: 60 }, () => pause(backoff.next()));
      expect(problems(drawn)).toEqual(drawn.map(() => undefined));
    }
  });

  it('may not be shorter than the minimum, nor longer than the cap', () => {
    expect(problems([pause(900)])).toEqual(['too short']);
    expect(problems([pause(1_100)])).toEqual(['too long']);
    expect(problems([1_000, 2_000, 4_000, 8_000].map((ms) => pause(ms)))).toEqual([
      undefined,
      undefined,
      undefined,
      undefined,
    ]);
    expect(problems([1_000, 2_000, 4_100].map((ms) => pause(ms)))).toEqual([
      undefined,
      undefined,
      'too long',
    ]);
  });

  it('are at the minimum after a reset, and only then', () => {
    const doubled = [1_000, 2_000, 4_000].map((ms) => pause(ms));
    expect(problems([...doubled, pause(1_000, { reset: 'certain' })]).at(-1)).toBe(undefined);
    expect(problems([...doubled, pause(3_000, { reset: 'certain' })]).at(-1)).toBe('too long');
    expect(problems([...doubled, pause(3_000, { reset: 'possible' })]).at(-1)).toBe(undefined);
  });

  it('are the longest after a failure that retrying will not fix', () => {
    expect(problems([pause(30_000, { longest: 'certain' })])).toEqual([undefined]);
    expect(problems([pause(20_000, { longest: 'certain' })])).toEqual(['too short']);
    expect(problems([pause(20_000, { longest: 'possible' })])).toEqual([undefined]);
  });

  it('are too short again and again if they do not grow', () => {
    const found = problems(Array.from({ length: 12 }, () => pause(1_000)));
    expect(found).toContain('too short again and again');
    expect(found.slice(0, 4)).toEqual([undefined, undefined, undefined, undefined]);
  });

  it('are no evidence if something else may have cut them short', () => {
    const cut = Array.from({ length: 30 }, () => pause(100, { mayBeCutShort: true }));
    expect(problems(cut)).toEqual(cut.map(() => undefined));
  });

  it('are measured from the latest possible end for their maximum, and from the earliest for their minimum', () => {
    expect(problems([pause(11_000, { latestMs: 10_000 })])).toEqual([undefined]);
    expect(problems([pause(11_100, { latestMs: 10_000 })])).toEqual(['too long']);
    expect(problems([pause(900, { latestMs: Infinity })])).toEqual(['too short']);
  });
});
