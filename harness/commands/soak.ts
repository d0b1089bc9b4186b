import { Command, InvalidArgumentError } from 'commander';
import { positiveInteger } from '../../client/commands/arguments.ts';
import { throwIfAborted } from '../../client/wait.ts';
import { runProgram, seedArgument, stopSignal } from '../report/command-line.ts';
import { indented } from '../report/run-lines.ts';
import { createTerminal } from '../report/terminal.ts';
import { formatSeconds } from '../report/units.ts';
import type { SoakResult } from './soak/result.ts';
import { killNine } from './soak/kill-nine.ts';
import { MIN_RECONNECTS, reconnects } from './soak/reconnects.ts';
import { weeks } from './soak/weeks.ts';

interface SoakOptions {
  readonly lives: number;
  readonly reconnects: number;
  readonly seed: number;
}

const program = new Command('soak')
  .description('run the tests that take too long for the test suite; exits with 1 if one fails')
  .option(
    '--lives <count>',
    'number of times that a client with a real database is killed',
    positiveInteger,
    200,
  )
  .option(
    '--reconnects <count>',
    `number of times that a client loses its link, at least ${MIN_RECONNECTS}`,
    reconnectsArgument,
    1_000,
  )
  .option('--seed <number>', 'seed of the times at which clients are killed', seedArgument, 1);

process.exit(
  await runProgram(program, async () => {
    const { lives: starts, reconnects: links, seed } = program.opts<SoakOptions>();
    const { print, paint } = createTerminal(process.stdout);
    const signal = stopSignal();
    const soaks: readonly (readonly [title: string, run: () => Promise<SoakResult>])[] = [
      ['kill -9 at any time loses no stored sample', () => killNine(starts, seed, signal)],
      ['reconnecting leaks no memory, timers, listeners or handles', () => reconnects(links, signal)],
      ['the client keeps its guarantees for weeks', () => weeks(paint, signal)],
    ];
    // Side by side: one waits for most of its time, the others keep a core busy each.
    const running = soaks.map(async ([title, run]) => {
      const beganMs = performance.now();
      const { passed, lines } = await run();
      const mark = passed ? paint('green', '✓') : paint('red', '✗');
      print(`${mark} ${title} (${formatSeconds(performance.now() - beganMs)})`, ...indented(lines));
      return passed;
    });
    // Each cleans up after itself before an error of another one ends the process.
    await Promise.allSettled(running);
    throwIfAborted(signal);
    return (await Promise.all(running)).every((passed) => passed);
  }),
);

function reconnectsArgument(text: string): number {
  const count = positiveInteger(text);
  if (count >= MIN_RECONNECTS) return count;
  throw new InvalidArgumentError(
    `Expected at least ${MIN_RECONNECTS}: the growth of the heap cannot be measured with fewer.`,
  );
}
