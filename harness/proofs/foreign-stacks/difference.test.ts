import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { differences } from './difference.ts';

describe('differences of two transcripts', () => {
  it('are empty for equal transcripts', () => {
    expect(differences(['a', 'b'], ['a', 'b'])).toEqual([]);
  });

  it('pair lines at the same index', () => {
    expect(differences(['a', 'b', 'c'], ['a', 'B', 'c'])).toEqual([{ ours: 'b', theirs: 'B' }]);
  });

  it('resynchronise after a line that only one of them has', () => {
    expect(differences(['a', 'b', 'c', 'd'], ['b', 'c', 'x', 'd'])).toEqual([
      { ours: 'a', theirs: undefined },
      { ours: undefined, theirs: 'x' },
    ]);
  });

  it('leave the same number of lines on both sides when they are removed', () => {
    const lines = fc.array(fc.constantFrom('a', 'b', 'c'), { maxLength: 12 });
    fc.assert(
      fc.property(lines, lines, (ours, theirs) => {
        const found = differences(ours, theirs);
        const count = (side: 'ours' | 'theirs'): number =>
          found.filter((difference) => difference[side] !== undefined).length;
        expect(ours.length - count('ours')).toBe(theirs.length - count('theirs'));
        expect(found.filter((difference) => difference.ours === difference.theirs)).toEqual([]);
      }),
    );
  });
});
