import { Command, InvalidArgumentError } from 'commander';
import { positiveInteger } from '../../client/commands/arguments.ts';
import { throwIfAborted } from '../../client/wait.ts';
import { runProgram, seedArgument, stopRequests } from '../report/command-line.ts';
import { indented } from '../report/line.ts';
import { terminalOn } from '../report/terminal.ts';
import { seconds } from '../report/units.ts';
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
    const { say, paint } = terminalOn(process.stdout);
    const signal = stopRequests();
    const soaks: readonly (readonly [title: string, run: () => Promise<Finding>])[] = [
      ['kill -9 at any moment loses nothing that was stored', () => killNine(lives, seed, signal)],
      ['reconnecting leaves nothing behind', () => reconnects(links, signal)],
      ['the client keeps its guarantees for weeks', () => weeks(paint, signal)],
    ];
    // Side by side: one waits for most of its time, the others keep a core busy each.
    const running = soaks.map(async ([title, run]) => {
      const beganMs = performance.now();
      const { holds, lines } = await run();
      const mark = holds ? paint('green', '✓') : paint('red', '✗');
      say(`${mark} ${title} (${seconds(performance.now() - beganMs)})`, ...indented(lines));
      return holds;
    });
    // Each cleans up behind itself before an error of another one ends the process.
    await Promise.allSettled(running);
    throwIfAborted(signal);
    return (await Promise.all(running)).every((holds) => holds);
  }),
);

function manyReconnects(text: string): number {
  const count = positiveInteger(text);
  if (count >= LEAST_RECONNECTS) return count;
  throw new InvalidArgumentError(
    `Expected at least ${LEAST_RECONNECTS}: fewer tell nothing of how the heap grows.`,
  );
}
