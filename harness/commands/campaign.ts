import { availableParallelism } from 'node:os';
import { Command, Option } from 'commander';
import { positiveInteger } from '../../client/commands/arguments.ts';
import { outputFile, runProgram, seedArgument, stopSignal, type OutputFile } from '../report/command-line.ts';
import { sourceCommit } from '../report/commit.ts';
import { failureFolders, FAILURES } from '../report/failure-folder.ts';
import { failureSummary } from '../report/failure-summary.ts';
import { githubAnnotation } from '../report/github.ts';
import { junitXml } from '../report/junit.ts';
import { DEFAULT_MINUTES, replayCommand } from '../report/origin.ts';
import { totalLine } from '../report/run-lines.ts';
import type { Report } from '../report/summary.ts';
import { createTerminal } from '../report/terminal.ts';
import { formatCount } from '../report/units.ts';
import { keepUsual } from '../scenario/campaign/result/keep-usual.ts';
import { hasPassed, totalsLines } from '../scenario/campaign/result/format-totals.ts';
import { formatResult } from '../scenario/campaign/result/result.ts';
import { seedsOf, shardArgument, WHOLE, type Shard } from '../scenario/campaign/result/shard.ts';
import { STANDARD_SET } from '../scenario/campaign/result/standard-set.ts';
import { sumOf, totalsOf } from '../scenario/campaign/result/totals.ts';
import { RECOVERY_MINUTES } from '../scenario/campaign/schedule.ts';
import { runSuite } from '../scenario/player/suite.ts';

const DEFAULT_SEEDS = 200;
/** Number of progress lines if standard error is no terminal. */
const PROGRESS_LINES = 20;

interface CampaignOptions {
  readonly seeds: number;
  readonly minutes: number;
  readonly from: number;
  readonly standard?: true;
  readonly writeUsual?: true;
  readonly shard?: Shard;
  readonly jobs: number;
  readonly json?: true;
  readonly junit?: OutputFile;
  readonly github?: true;
  readonly out?: OutputFile;
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
  .option('--from <seed>', 'first seed', seedArgument, 1)
  .addOption(
    new Option(
      '--standard',
      `the ${STANDARD_SET.seeds} seeds of ${STANDARD_SET.minutes} min that have to reach every event`,
    ).conflicts(['seeds', 'minutes', 'from']),
  )
  .addOption(
    new Option('--write-usual', 'keep how long what the guarantees limit usually takes in the standard set')
      .implies({ standard: true })
      .conflicts(['shard', 'seeds', 'minutes', 'from']),
  )
  .option('--shard <i/n>', 'run the i-th of n parts, one per machine', shardArgument)
  .option('--out <file>', 'also write the result as a file for campaign:merge', outputFile)
  .option('--json', 'print one JSON object per line for each run instead of the report')
  .option('--junit <file>', 'also write the results as JUnit XML', outputFile)
  .option('--github', 'also print failures as annotations for GitHub Actions')
  .option('--failures <folder>', 'parent of the folders of failed runs', FAILURES)
  .option('--jobs <count>', 'number of parallel processes', positiveInteger, availableParallelism());

process.exit(
  await runProgram(program, async () => {
    const options = program.opts<CampaignOptions>();
    const { shard = WHOLE, jobs, json, junit, github, out, failures } = options;
    const { from, seeds, minutes } = options.standard ? STANDARD_SET : options;
    const settings = { from, seeds, minutes, shard, commit: sourceCommit(), node: process.version };
    const { print, paint } = createTerminal(process.stdout);
    // Progress goes to standard error, so that standard output has the results alone.
    const progress = createTerminal(process.stderr);
    const origins = seedsOf(settings, shard).map((seed) => ({ kind: 'campaign' as const, seed, minutes }));
    const beganMs = performance.now();
    const reports: Report[] = [];
    let totals = sumOf([]);

    const onEnd = (report: Report, index: number): void => {
      reports[index] = report;
      totals = sumOf([totals, totalsOf(report, origins[index]?.seed ?? from)]);
      progress.showProgress('');
      if (json) print(JSON.stringify({ ...report, replay: replayCommand(report.origin) }));
      else if (!report.passed) print(...failureSummary(report, paint));
      // GitHub Actions reads both outputs; standard output may be JSON.
      if (github && !report.passed) progress.print(githubAnnotation(report));
      const line = `${totals.runs} of ${formatCount(origins.length, 'seed')}, ${totals.failed} failed`;
      if (progress.isTerminal) progress.showProgress(line);
      else if (totals.runs % Math.ceil(origins.length / PROGRESS_LINES) === 0) progress.print(line);
    };
    try {
      await runSuite(origins, { jobs, signal: stopSignal(), onEnd, failureFolder: failureFolders(failures) });
    } finally {
      progress.showProgress('');
      // A stopped campaign reports what it has found so far.
      const ended = Object.values(reports);
      const failed = ended.filter(({ passed }) => !passed);
      if (!json)
        print(totalLine(ended, performance.now() - beganMs), ...totalsLines(settings, totals, paint));
      if (failed.length > 0) progress.print(`folders of failed runs: ${failures}`);
      junit?.write(junitXml('campaign', ended));
      out?.write(formatResult({ ...settings, totals, failures: failed }));
    }
    if (options.writeUsual) keepUsual(settings, totals);
    return hasPassed(settings, totals);
  }),
);
