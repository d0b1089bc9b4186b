import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Command, Option } from 'commander';
import { positiveInteger } from '../../client/commands/arguments.ts';
import { EXIT_CODE, runProgram, seedArgument, stopSignal } from '../report/command-line.ts';
import { failureLines } from '../report/failure.ts';
import { DEFAULT_MINUTES, replayCommand, type Origin } from '../report/origin.ts';
import { indented, reportLine } from '../report/run-lines.ts';
import { runSingle, withSingleRunOptions, type SingleRunOptions } from '../report/single-run.ts';
import { createTerminal } from '../report/terminal.ts';
import { formatCount, formatHms } from '../report/units.ts';
import { campaignScenario, RECOVERY_MINUTES } from '../scenario/campaign/schedule.ts';
import { shrinkSeed } from '../scenario/campaign/shrink/shrink-seed.ts';

/** Where shrunk schedules are written, from the project's root. */
const REGRESSIONS = join('scenarios', 'regressions');

interface ReplayOptions extends SingleRunOptions {
  readonly minutes: number;
  readonly toml?: true;
}

const program = withSingleRunOptions(
  new Command('replay')
    .description('run one random schedule of a campaign again')
    .argument('<seed>', 'seed that the campaign reported', seedArgument)
    .option(
      '--minutes <count>',
      `minutes with faults, as in the campaign; ${RECOVERY_MINUTES} min without faults follow`,
      positiveInteger,
      DEFAULT_MINUTES,
    )
    .addOption(
      new Option(
        '--toml',
        `if it fails, find a simpler schedule that fails in the same way, and write it to ${REGRESSIONS}; takes a minute`,
      ).conflicts(['watch', 'realtime', 'speed', 'trace', 'btsnoop']),
    ),
);

process.exit(
  await runProgram(program, () => {
    const [seed] = program.processedArgs as [number];
    const { minutes, toml, ...options } = program.opts<ReplayOptions>();
    const origin = { kind: 'campaign', seed, minutes } as const;
    if (toml) return writeRegression(origin);
    process.stdout.on('error', () => process.exit(EXIT_CODE.brokenPipe));
    return runSingle(campaignScenario(seed, minutes), origin, options, createTerminal(process.stdout));
  }),
);

/** @returns whether the schedule passed */
async function writeRegression(origin: Origin & { readonly kind: 'campaign' }): Promise<boolean> {
  const { print, paint } = createTerminal(process.stdout);
  const regression = await shrinkSeed(origin, {
    signal: stopSignal(),
    onFailed: (report) =>
      print(reportLine(report, { paint, nameWidth: 0 }), ...indented(failureLines(report, paint))),
  });
  if (!regression) {
    print(`seed ${origin.seed} passes: there is nothing to shrink`);
    return true;
  }
  const { scenario, runs, isMinimal, fileName, text } = regression;
  const path = join(REGRESSIONS, fileName);
  writeFileSync(path, text);
  print(
    `${path}: ${formatCount(scenario.steps.length, 'fault')} in ${formatHms(scenario.durationMs)}, ` +
      `${isMinimal ? 'minimal' : 'the simplest found in a minute'} (${formatCount(runs, 'run')})`,
    `run it: ${paint('cyan', replayCommand({ kind: 'file', path }))}`,
  );
  return false;
}
