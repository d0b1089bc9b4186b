import { Command, InvalidArgumentError } from 'commander';
import { positiveInteger } from '../../client/commands/arguments.ts';
import { throwIfAborted } from '../../client/wait.ts';
import { runProgram, seedArgument, stopSignal } from '../report/command-line.ts';
import { indented } from '../report/run-lines.ts';
import { createTerminal } from '../report/terminal.ts';
import { formatSeconds } from '../report/units.ts';
import type { Finding } from './soak/finding.ts';
import { killNine } from './soak/kill-nine.ts';
import { LEAST_RECONNECTS, reconnects } from './soak/reconnects.ts';
import { weeks } from './soak/weeks.ts';

interface SoakOptions {
  readonly lives: number;
  readonly reconnects: number;
  readonly seed: number;
}

const program = new Command('soak')
  .description('what takes too long for the test suite; ends with 1 where something does not hold')
  .option('--lives <count>', 'how often a client with a real database is killed', positiveInteger, 200)
  .option(
    '--reconnects <count>',
    `how often a client loses its link, at least ${LEAST_RECONNECTS}`,
    manyReconnects,
    1_000,
  )
  .option('--seed <number>', 'of the moments at which clients are killed', seedArgument, 1);

process.exit(
  await runProgram(program, async () => {
    const { lives, reconnects: links, seed } = program.opts<SoakOptions>();
    const { print, paint } = createTerminal(process.stdout);
    const signal = stopSignal();
    const soaks: readonly (readonly [title: string, run: () => Promise<Finding>])[] = [
      ['kill -9 at any moment loses nothing that was stored', () => killNine(lives, seed, signal)],
      ['reconnecting leaves nothing behind', () => reconnects(links, signal)],
      ['the client keeps its guarantees for weeks', () => weeks(paint, signal)],
    ];
    let holds = true;
    for (const [title, run] of soaks) {
      const beganMs = performance.now();
      const finding = await run().catch((error: unknown) => {
        throwIfAborted(signal);
        throw error;
      });
      holds &&= finding.holds;
      const mark = finding.holds ? paint('green', '✓') : paint('red', '✗');
      print(`${mark} ${title} (${formatSeconds(performance.now() - beganMs)})`, ...indented(finding.lines));
    }
    return holds;
  }),
);

function manyReconnects(text: string): number {
  const count = positiveInteger(text);
  if (count >= LEAST_RECONNECTS) return count;
  throw new InvalidArgumentError(
    `Expected at least ${LEAST_RECONNECTS}: fewer tell nothing of how the heap grows.`,
  );
}
