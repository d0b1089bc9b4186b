import { describe, expect, it } from 'vitest';
import { plain } from './colours.ts';
import { FAILED } from './testing/reports.ts';
import { resultLines } from './result-lines.ts';

describe('the results of a run', () => {
  it('show the bound after the measured value, and the hash after the seed', () => {
    expect(resultLines(FAILED, plain)).toEqual([
      'S2  samples come in order  12 checks',
      'L1  a short gap keeps the link  violated 1 time in 3 checks, closest 8.2 s (bound 6 s)',
      'seed 7, trace abc123',
    ]);
  });
});
