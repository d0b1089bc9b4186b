import { Command } from 'commander';
import { positiveInteger } from '../../client/commands/arguments.ts';
import { campaignScenario, RECOVERY_MINUTES } from '../scenario/campaign/schedule.ts';
import { EXIT_CODE, runProgram, seedArgument } from '../report/command-line.ts';
import { DEFAULT_MINUTES } from '../report/origin.ts';
import { runSingle, withSingleRunOptions, type SingleRunOptions } from '../report/single-run.ts';
import { createTerminal } from '../report/terminal.ts';

const program = withSingleRunOptions(
  new Command('replay')
    .description('run one random schedule of a campaign again')
    .argument('<seed>', 'seed that the campaign reported', seedArgument)
    .option(
      '--minutes <count>',
      `minutes with faults, as in the campaign; ${RECOVERY_MINUTES} min without faults follow`,
      positiveInteger,
      DEFAULT_MINUTES,
    ),
);

process.stdout.on('error', () => process.exit(EXIT_CODE.brokenPipe));
process.exit(
  await runProgram(program, async () => {
    const [seed] = program.processedArgs as [number];
    const { minutes, ...options } = program.opts<SingleRunOptions & { minutes: number }>();
    const scenario = campaignScenario(seed, minutes);
    return runSingle(scenario, { kind: 'campaign', seed, minutes }, options, createTerminal(process.stdout));
  }),
);
