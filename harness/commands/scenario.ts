import { Command } from 'commander';
import { EXIT_CODE, runProgram, seedArgument } from '../report/command-line.ts';
import { runSingle, withSingleRunOptions, type SingleRunOptions } from '../report/single-run.ts';
import { createTerminal } from '../report/terminal.ts';
import { loadScenario } from '../scenario/format/load.ts';

const program = withSingleRunOptions(
  new Command('scenario')
    .description('plays one story of trouble in virtual time, and judges how the client came through')
    .argument('<file>', 'such as scenarios/radio-gap.toml')
    .option('--seed <number>', "instead of the file's own", seedArgument),
);

process.stdout.on('error', () => process.exit(EXIT_CODE.brokenPipe));
process.exit(
  await runProgram(program, async () => {
    const [path = ''] = program.args;
    const { seed, ...options } = program.opts<SingleRunOptions & { seed?: number }>();
    return runSingle(
      loadScenario(path),
      { kind: 'file', path, seed },
      options,
      createTerminal(process.stdout),
    );
  }),
);
