import { availableParallelism } from 'node:os';
import { failureLines } from '../../report/failure.ts';
import { indented, reportLine } from '../../report/run-lines.ts';
import { nameOf, type Origin } from '../../report/origin.ts';
import type { Paint } from '../../report/colours.ts';
import { weeklyScenarios } from '../../scenario/format/collection.ts';
import { runSuite } from '../../scenario/player/suite.ts';
import type { SoakResult } from './result.ts';

/** Runs the scenarios that take days of virtual time. */
export async function weeks(paint: Paint, signal: AbortSignal): Promise<SoakResult> {
  const origins = weeklyScenarios().map((path): Origin => ({ kind: 'file', path }));
  const nameWidth = Math.max(...origins.map((origin) => nameOf(origin).length));
  const reports = await runSuite(origins, { jobs: availableParallelism(), signal });
  return {
    passed: reports.length > 0 && reports.every(({ passed }) => passed),
    lines: reports.flatMap((report) => [
      reportLine(report, { paint, nameWidth }),
      ...indented(failureLines(report, paint)),
    ]),
  };
}
