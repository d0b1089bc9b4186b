import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { Command, InvalidArgumentError } from 'commander';
import { positiveInteger } from '../../client/commands/arguments.ts';
import { fuzz, type TargetResult } from '../fuzz/fuzz.ts';
import { storeRegression } from '../fuzz/regression.ts';
import { rateOf, resultLines } from '../fuzz/result-lines.ts';
import { TARGETS } from '../fuzz/table.ts';
import type { FuzzTarget } from '../fuzz/target.ts';
import { runProgram, stopSignal } from '../report/command-line.ts';
import { createTerminal } from '../report/terminal.ts';
import { formatCount } from '../report/units.ts';
import { wrapText } from '../report/wrap-text.ts';

const ROOT = join(import.meta.dirname, '../..');
const DEFAULT_MINUTES = 1;
/** A generator of fast-check has 32 bits; consecutive batches have consecutive seeds. */
const MAX_SEED = 2_000_000_000;
/** Interval of the progress lines if standard error is no terminal. */
const PROGRESS_MS = 30_000;

interface FuzzCommandOptions {
  readonly minutes: number;
  readonly target?: readonly FuzzTarget[];
  readonly seed?: number;
  readonly jobs: number;
  readonly json?: true;
  readonly list?: true;
}

const program = new Command('fuzz')
  .description('attack both ends with arbitrary inputs, and store those for which something does not hold')
  .option('--minutes <count>', 'minutes to go on, such as 0.5', minutesArgument, DEFAULT_MINUTES)
  .option('--target <name...>', 'attack these targets only', targetArgument)
  .option('--seed <number>', 'seed of the first batch of each target; drawn by default', seedArgument)
  .option('--jobs <count>', 'number of parallel processes', positiveInteger, availableParallelism())
  .option('--json', 'print one JSON object per line for each target instead of the report')
  .option('--list', 'list the targets, and attack none');

process.exit(
  await runProgram(program, async () => {
    const options = program.opts<FuzzCommandOptions>();
    const { target: targets = TARGETS, seed = drawnSeed(), json, list } = options;
    const { print, paint, columns } = createTerminal(process.stdout);
    if (list) {
      for (const { name, about } of TARGETS)
        print(name, ...wrapText(about, columns - 2).map((line) => `  ${line}`));
      return true;
    }
    // Progress goes to standard error, so that standard output has the results alone.
    const progress = createTerminal(process.stderr);
    const counts = new Map<string, TargetResult>();
    let printedMs = performance.now();

    const onBatch = (result: TargetResult): void => {
      const { target: attacked, failure } = result;
      const hadFailed = counts.get(attacked.name)?.failure !== undefined;
      counts.set(attacked.name, result);
      progress.showProgress('');
      // Another process may have found the same at the same time.
      if (failure && !hadFailed) reportFailure(result);
      const executions = [...counts.values()].reduce((sum, each) => sum + each.executions, 0);
      const line = `${formatCount(executions, 'execution')}, last of ${attacked.name}`;
      if (progress.isTerminal) progress.showProgress(line);
      else if (performance.now() - printedMs >= PROGRESS_MS) {
        printedMs = performance.now();
        progress.print(line);
      }
    };
    const reportFailure = ({ target: attacked, failure }: TargetResult): void => {
      if (!failure) return;
      const file = storeRegression(attacked.name, failure.seed, failure, ROOT);
      progress.print(
        `${paint('red', 'failed')} ${attacked.name}: ${failure.stack}`,
        `stored in ${file}, which npm test plays from now on`,
        `found by: npm run fuzz -- --target ${attacked.name} --seed ${failure.seed}`,
      );
    };
    const result = await fuzz(targets, { ...options, seed, signal: stopSignal(), onBatch });
    progress.showProgress('');
    if (json) {
      for (const { target: attacked, ...rest } of result.targets)
        print(JSON.stringify({ target: attacked.name, ...rest, perSecond: rateOf(rest) }));
      print(JSON.stringify({ branches: result.blocks }));
    } else print(...resultLines(result, paint));
    return result.targets.every(({ failure }) => !failure);
  }),
);

function minutesArgument(text: string): number {
  const minutes = Number(/^\d+(?:\.\d+)?$/.exec(text)?.[0]);
  if (minutes > 0 && minutes <= 10_000) return minutes;
  throw new InvalidArgumentError('Expected a number of minutes above 0, such as 0.5 or 10.');
}

function targetArgument(name: string, previous: readonly FuzzTarget[] = []): readonly FuzzTarget[] {
  const target = TARGETS.find((each) => each.name === name);
  if (target) return [...previous, target];
  throw new InvalidArgumentError('Expected the name of a target; --list shows them.');
}

function seedArgument(text: string): number {
  const seed = Number(/^\d{1,10}$/.exec(text)?.[0]);
  if (seed <= MAX_SEED) return seed;
  throw new InvalidArgumentError(`Expected a whole number up to ${MAX_SEED}.`);
}

function drawnSeed(): number {
  return Math.floor(Math.random() * MAX_SEED);
}
