import { availableParallelism } from 'node:os';
import { beforeAll, describe, expect, it } from 'vitest';
import { readUsualDelays, slowerThanUsual, usualDelays } from '../../guarantees/usual-delays.ts';
import { failureLines } from '../../report/failure.ts';
import type { Report } from '../../report/summary.ts';
import { sharesOf } from '../campaign/result/totals.ts';
import { dailyScenarios } from '../format/collection.ts';
import { runSuite } from './suite.ts';

/** Real time: ends a process that hangs. */
const TIMEOUT_MS = 1_800_000;
const SCENARIOS = dailyScenarios();

describe('the client keeps its guarantees in', () => {
  const reports = new Map<string, Report>();

  beforeAll(async () => {
    const origins = SCENARIOS.map((path) => ({ kind: 'file' as const, path }));
    const done = await runSuite(origins, {
      jobs: availableParallelism(),
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    done.forEach((report, index) => reports.set(SCENARIOS[index] ?? '', report));
  });

  it.each(SCENARIOS)('%s', (path) => {
    const report = reports.get(path);
    expect(report && failureLines(report)).toEqual([]);
  });

  it('and what they limit takes about as long as usual (npm run scenarios -- --write-usual)', () => {
    const measured = usualDelays(sharesOf([...reports.values()]));
    expect(slowerThanUsual(readUsualDelays('scenarios'), measured)).toEqual([]);
  });
});
