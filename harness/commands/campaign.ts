import { availableParallelism } from 'node:os';
import { Command } from 'commander';
import { positiveInteger } from '../../client/commands/arguments.ts';
import { runProgram, seedArgument, stopSignal } from '../report/command-line.ts';
import { failureHeadlines } from '../report/failure.ts';
import { indented, reportLine, totalLine } from '../report/run-lines.ts';
import { DEFAULT_MINUTES, replayCommand, type Origin } from '../report/origin.ts';
import type { Report } from '../report/summary.ts';
import { createTerminal } from '../report/terminal.ts';
import { formatCount } from '../report/units.ts';
import { runSuite } from '../scenario/player/suite.ts';

const DEFAULT_SEEDS = 200;

interface CampaignOptions {
  readonly seeds: number;
  readonly minutes: number;
  readonly from: number;
  readonly jobs: number;
}

const program = new Command('campaign')
  .description('run random fault schedules, one per seed, and check the guarantees on each run')
  .option('--seeds <count>', 'number of schedules', positiveInteger, DEFAULT_SEEDS)
  .option(
    '--minutes <count>',
    'duration of the faults in each, in virtual time',
    positiveInteger,
    DEFAULT_MINUTES,
  )
  .option('--from <seed>', 'first seed', seedArgument, 1)
  .option('--jobs <count>', 'number of parallel processes', positiveInteger, availableParallelism());

process.exit(
  await runProgram(program, async () => {
    const { seeds, minutes, from, jobs } = program.opts<CampaignOptions>();
    const { print, showProgress, paint } = createTerminal(process.stdout);
    const origins = Array.from({ length: seeds }, (_, index): Origin => ({
      kind: 'campaign',
      seed: from + index,
      minutes,
    }));
    const beganMs = performance.now();
    const reports: Report[] = [];
    const isFailed = ({ passed }: Report): boolean => !passed;
    const onEnd = (report: Report, index: number): void => {
      reports[index] = report;
      const ended = Object.values(reports);
      showProgress(
        `${ended.length} of ${formatCount(seeds, 'seed')}, ${ended.filter(isFailed).length} failed`,
      );
    };
    try {
      await runSuite(origins, { jobs, signal: stopSignal(), onEnd });
    } finally {
      // A stopped campaign reports the failures that it has found so far.
      for (const report of Object.values(reports).filter(isFailed)) {
        const replay = `replay: ${paint('cyan', replayCommand(report.origin))}`;
        print(
          reportLine(report, { paint, nameWidth: 0 }),
          ...indented([...failureHeadlines(report), replay]),
        );
      }
      print(totalLine(Object.values(reports), performance.now() - beganMs));
    }
    return !reports.some(isFailed);
  }),
);
