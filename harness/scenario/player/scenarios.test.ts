import { beforeAll, describe, expect, it } from 'vitest';
import { failureLines } from '../../report/failure.ts';
import type { Report } from '../../report/summary.ts';
import { dailyStories } from '../format/collection.ts';
import { runSuite } from './suite.ts';

/** Real time: ends a process that hangs. */
const TIMEOUT_MS = 1_800_000;
const STORIES = dailyStories();

describe('the client keeps its guarantees in the scenario', () => {
  const reports = new Map<string, Report>();

  beforeAll(async () => {
    const origins = STORIES.map((path) => ({ kind: 'file' as const, path }));
    const done = await runSuite(origins, { jobs: 1, signal: AbortSignal.timeout(TIMEOUT_MS) });
    done.forEach((report, index) => reports.set(STORIES[index] ?? '', report));
  });

  it.each(STORIES)('%s', (path) => {
    const report = reports.get(path);
    expect(report && failureLines(report)).toEqual([]);
  });
});
