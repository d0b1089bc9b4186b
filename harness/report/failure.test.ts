import { describe, expect, it } from 'vitest';
import { failedChecks, failureLines, failureHeadlines } from './failure.ts';
import type { Summary } from './summary.ts';
import { VIOLATED, CRASHED, FAILED, PASSED } from './testing/reports.ts';

describe('the report of a failed run', () => {
  it('shows guarantee, bound, measured value, time, the events before it, and how to replay the run', () => {
    expect(failureLines(FAILED)).toEqual([
      'L1  a short gap keeps the link',
      '    at 1:02:03.004: no sample came',
      '    bound 6 s, measured 8.2 s',
      '    during radio.gap (step 2)',
      '      1:02:00.000  faults   radio.gap started (step 2)',
      'logins  expected 1, measured 2',
      '    at 1:02:05.000, expected in line 12 of scenarios/short-gap.toml',
      '      1:02:04.000  scooter  login accepted',
      'replay: npm run scenario -- scenarios/short-gap.toml --seed 7',
    ]);
  });

  it('shows the stack of a client that crashed', () => {
    const [logins] = FAILED.unmet;
    const crash = { ...logins, key: 'crashes', stack: 'TypeError: x\n    at run (client/run.ts:7:1)' };
    const lines = failureLines({ ...FAILED, guarantees: [], unmet: [crash] } as Summary);
    expect(lines).toContain('        at run (client/run.ts:7:1)');
  });

  it('counts the violations that it does not list', () => {
    const often = { ...FAILED, guarantees: [{ ...VIOLATED, violationCount: 40 }] };
    expect(failureLines(often)).toContain('    and 39 more times');
  });

  it('shows the last stderr output of a process that crashed', () => {
    expect(failureLines(CRASHED)).toEqual([
      'Ended with exit code 3',
      'out of memory',
      'replay: npm run replay -- 17 --minutes 10',
    ]);
  });

  it('is empty for a run that passed', () => {
    expect(failureLines(PASSED)).toEqual([]);
  });

  it('has one sentence for each failed check', () => {
    expect(failureHeadlines(FAILED)).toEqual([
      'L1 at 1:02:03.004: no sample came (bound 6 s, measured 8.2 s)',
      'logins at 1:02:05.000: expected 1, measured 2',
    ]);
    expect(failureHeadlines(CRASHED)).toEqual(['Ended with exit code 3']);
  });

  it('names the failed checks', () => {
    expect(failedChecks(FAILED)).toEqual(['L1', 'logins']);
    expect(failedChecks(CRASHED)).toEqual(['no result']);
  });
});
