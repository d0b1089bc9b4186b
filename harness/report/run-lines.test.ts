import { describe, expect, it } from 'vitest';
import { coloured, plain } from './colours.ts';
import { reportLine, totalLine } from './run-lines.ts';
import { CRASHED, FAILED, PASSED } from './testing/reports.ts';

const style = { paint: plain, nameWidth: 12 };

describe('the line of a run', () => {
  it('shows name, virtual time, real time, speed and title', () => {
    expect(reportLine(PASSED, style)).toBe(
      '✓ short-gap       1:00:00 in    0.5 s    7,200 ×  A gap without consequences',
    );
  });

  it('marks a run that failed, and one without a result', () => {
    expect(reportLine(FAILED, style)).toMatch(/^✗ short-gap/);
    expect(reportLine(CRASHED, style)).toBe('✗ campaign 17   no result');
  });

  it('has colours only if they are enabled', () => {
    expect(reportLine(PASSED, { ...style, paint: coloured })).toContain('\u001b[32m✓\u001b[39m');
    expect(reportLine(PASSED, style)).not.toContain('\u001b');
  });

  it('escapes terminal control sequences in a title', () => {
    expect(reportLine({ ...PASSED, title: 'a\u001b[2J' }, style)).not.toContain('\u001b');
  });
});

describe('the line of all runs', () => {
  it('adds up passed and failed runs and their time', () => {
    expect(totalLine([PASSED, FAILED, CRASHED], 2_000)).toBe(
      '3 runs: 1 passed, 2 failed; 2:00:00 of virtual time in 2.0 s (3,600 ×)',
    );
  });
});
