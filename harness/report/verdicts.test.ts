import { describe, expect, it } from 'vitest';
import { plain } from './colours.ts';
import { FAILED } from './testing/reports.ts';
import { verdictLines } from './verdicts.ts';

describe('the verdicts of a run', () => {
  it('put the bound beside what was measured, and the hash beside the seed', () => {
    expect(verdictLines(FAILED, plain)).toEqual([
      'S2  samples come in order  12 occasions',
      'L1  a short gap costs nothing  broken 1 time on 3 occasions, closest 8.2 s (bound 6 s)',
      'seed 7, trace abc123',
    ]);
  });
});
