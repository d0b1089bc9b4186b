import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { CommanderError } from 'commander';
import { prefixErrors } from '../../../client/commands/error-prefix.ts';
import { ClientError, EXIT, sentenceOf } from '../../../client/errors.ts';
import type { LogSink } from '../../../client/log.ts';
import { AdapterError } from '../../../hci/adapter.ts';
import { ActivityLog } from '../demo/activity-log.ts';
import { ListenError } from '../../world/radio/h4-listen.ts';
import { simOptions, simProgram, type SimOptions } from './options.ts';
import { PtyError } from './pty.ts';
import { SimSession } from './session.ts';

/** What the rider does with the scooter when a line is entered. */
const LINES: ReadonlyMap<string, (session: SimSession) => void> = new Map([
  ['', (session: SimSession) => session.pressButton()],
  ['reset', (session: SimSession) => session.reset()],
]);

/** Input and output of the command. */
export interface Console {
  readonly out: LogSink;
  readonly err: LogSink;
  /** Every empty line presses the power button; `reset` deletes the pairing. */
  readonly input: Readable;
}

/**
 * Runs `npm run sim` until `signal` aborts. Writes errors to `err`.
 * @param args arguments without node and script
 * @returns the exit code: 0 stopped on request, 64 wrong usage, 71 no adapter, port or pseudo-terminal, or the adapter has
 *   failed, 78 invalid memory file
 */
export async function sim(args: readonly string[], console: Console, signal: AbortSignal): Promise<number> {
  const { out, err } = console;
  try {
    const program = simProgram()
      .exitOverride()
      .configureOutput({ writeOut: (text) => out.write(text), writeErr: (text) => err.write(text) });
    prefixErrors(program).parse(args, { from: 'user' });
    await simulate(simOptions(program), console, signal);
    return EXIT.stopped;
  } catch (error) {
    if (signal.aborted) return EXIT.stopped;
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.stopped : EXIT.usage;
    const code = exitCodeOf(error);
    if (code === undefined) throw error;
    err.write(`sim: ${sentenceOf(error as Error)}\n`);
    return code;
  }
}

async function simulate(options: SimOptions, { out, input }: Console, signal: AbortSignal): Promise<void> {
  const session = await SimSession.start(options, new ActivityLog(out), signal);
  const lines = createInterface({ input: input });
  lines.on('line', (line) => {
    // What was typed or pasted by mistake must not allow a pairing.
    const act = LINES.get(line.trim());
    if (act) act(session);
    else
      out.write(
        'sim: ignored this line; Enter alone presses the power button, and "reset" deletes the pairing\n',
      );
  });
  try {
    await session.run(signal);
  } finally {
    lines.close();
    await session.close();
  }
}

function exitCodeOf(error: unknown): number | undefined {
  if (error instanceof ClientError) return error.exitCode;
  const isUnusable = [AdapterError, ListenError, PtyError].some((kind) => error instanceof kind);
  return isUnusable ? EXIT.adapterUnusable : undefined;
}
