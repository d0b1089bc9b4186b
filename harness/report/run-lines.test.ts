import { describe, expect, it } from 'vitest';
import { coloured, plain } from './colours.ts';
import { reportLine, totalLine } from './run-lines.ts';
import { CRASHED, FAILED, PASSED } from './testing/reports.ts';

const style = { paint: plain, nameWidth: 12 };

describe('the line of a run', () => {
  it('tells name, virtual time, real time, speed and title', () => {
    expect(reportLine(PASSED, style)).toBe(
      '✓ short-gap       1:00:00 in    0.5 s    7,200 ×  A gap that nobody notices',
    );
  });

  it('marks one that failed, and one that came to nothing', () => {
    expect(reportLine(FAILED, style)).toMatch(/^✗ short-gap/);
    expect(reportLine(CRASHED, style)).toBe('✗ campaign 17   no outcome');
  });

  it('has colours only where they are wanted', () => {
    expect(reportLine(PASSED, { ...style, paint: coloured })).toContain('\u001b[32m✓\u001b[39m');
    expect(reportLine(PASSED, style)).not.toContain('\u001b');
  });

  it('does not let a title give commands to the terminal', () => {
    expect(reportLine({ ...PASSED, title: 'a\u001b[2J' }, style)).not.toContain('\u001b');
  });
});

describe('the line of all runs', () => {
  it('adds up what passed, what failed, and the time', () => {
    expect(totalLine([PASSED, FAILED, CRASHED], 2_000)).toBe(
      '3 runs: 1 passed, 2 failed; 2:00:00 of virtual time in 2.0 s (3,600 ×)',
    );
  });
});
