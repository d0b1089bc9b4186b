import { availableParallelism } from 'node:os';
import { Command } from 'commander';
import { positiveInteger } from '../../client/commands/arguments.ts';
import { outputFile, runProgram, seedArgument, stopSignal, type OutputFile } from '../report/command-line.ts';
import { failureHeadlines } from '../report/failure.ts';
import { failureFolders, FAILURES } from '../report/failure-folder.ts';
import { githubAnnotation } from '../report/github.ts';
import { junitXml } from '../report/junit.ts';
import { indented, reportLine, totalLine } from '../report/run-lines.ts';
import { DEFAULT_MINUTES, replayCommand, type Origin } from '../report/origin.ts';
import type { Report } from '../report/summary.ts';
import { createTerminal } from '../report/terminal.ts';
import { formatCount } from '../report/units.ts';
import { RECOVERY_MINUTES } from '../scenario/campaign/schedule.ts';
import { runSuite } from '../scenario/player/suite.ts';

const DEFAULT_SEEDS = 200;
/** Number of progress lines if standard error is no terminal. */
const PROGRESS_LINES = 20;

interface CampaignOptions {
  readonly seeds: number;
  readonly minutes: number;
  readonly from: number;
  readonly jobs: number;
  readonly json?: true;
  readonly junit?: OutputFile;
  readonly github?: true;
  readonly failures: string;
}

const program = new Command('campaign')
  .description('run random fault schedules, one per seed, and check the guarantees on each run')
  .option('--seeds <count>', 'number of schedules', positiveInteger, DEFAULT_SEEDS)
  .option(
    '--minutes <count>',
    `minutes of virtual time with faults in each; ${RECOVERY_MINUTES} min without faults follow`,
    positiveInteger,
    DEFAULT_MINUTES,
  )
  .option('--json', 'print one JSON object per line for each run instead of the report')
  .option('--junit <file>', 'also write the results as JUnit XML', outputFile)
  .option('--github', 'also print failures as annotations for GitHub Actions')
  .option('--failures <folder>', 'parent of the folders of failed runs', FAILURES)
  .option('--from <seed>', 'first seed', seedArgument, 1)
  .option('--jobs <count>', 'number of parallel processes', positiveInteger, availableParallelism());

process.exit(
  await runProgram(program, async () => {
    const { seeds, minutes, from, jobs, json, junit, github, failures } = program.opts<CampaignOptions>();
    const { print, paint } = createTerminal(process.stdout);
    // Progress goes to standard error, so that standard output has the results alone.
    const progress = createTerminal(process.stderr);
    const origins = Array.from({ length: seeds }, (_, index): Origin => ({
      kind: 'campaign',
      seed: from + index,
      minutes,
    }));
    const beganMs = performance.now();
    const reports: Report[] = [];
    const isFailed = ({ passed }: Report): boolean => !passed;
    const printReport = (report: Report): void => {
      if (json) print(JSON.stringify({ ...report, replay: replayCommand(report.origin) }));
      else if (isFailed(report)) {
        const replay = `replay: ${paint('cyan', replayCommand(report.origin))}`;
        print(
          reportLine(report, { paint, nameWidth: 0 }),
          ...indented([...failureHeadlines(report), replay]),
        );
      }
      // GitHub Actions reads both outputs; standard output may be JSON.
      if (github && isFailed(report)) progress.print(githubAnnotation(report));
    };
    const onEnd = (report: Report, index: number): void => {
      reports[index] = report;
      progress.showProgress('');
      printReport(report);
      const ended = Object.values(reports);
      const line = `${ended.length} of ${formatCount(seeds, 'seed')}, ${ended.filter(isFailed).length} failed`;
      if (progress.isTerminal) progress.showProgress(line);
      else if (ended.length % Math.ceil(seeds / PROGRESS_LINES) === 0) progress.print(line);
    };
    try {
      await runSuite(origins, { jobs, signal: stopSignal(), onEnd, failureFolder: failureFolders(failures) });
    } finally {
      progress.showProgress('');
      // A stopped campaign reports what it has found so far.
      const ended = Object.values(reports);
      if (!json) print(totalLine(ended, performance.now() - beganMs));
      if (ended.some(isFailed)) progress.print(`folders of failed runs: ${failures}`);
      junit?.write(junitXml('campaign', ended));
    }
    return !reports.some(isFailed);
  }),
);
