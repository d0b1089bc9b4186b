import { Command } from 'commander';
import { EXIT_CODE, runProgram, seedArgument } from '../report/command-line.ts';
import { runSingle, withSingleRunOptions, type SingleRunOptions } from '../report/single-run.ts';
import { createTerminal } from '../report/terminal.ts';
import { loadScenario } from '../scenario/format/load.ts';

const program = withSingleRunOptions(
  new Command('scenario')
    .description('run one scenario in virtual time and check the guarantees')
    .argument('<file>', 'scenario file, such as scenarios/tunnel.toml')
    .option('--seed <number>', "override the file's seed", seedArgument),
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
