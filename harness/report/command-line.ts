import { openSync, writeSync } from 'node:fs';
import { CommanderError, InvalidArgumentError, type Command } from 'commander';
import { prefixErrors } from '../../client/commands/error-prefix.ts';
import { ClientError, EXIT, sentenceOf } from '../../client/errors.ts';

/** Exit codes beyond those of the client. Above 128: 128 plus the number of the signal, as shells report it. */
export const EXIT_CODE = {
  passed: 0,
  failed: 1,
  stopped: { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 },
  /** The reader of stdout has closed it, as `head` does: 128 + SIGPIPE. */
  brokenPipe: 141,
} as const;

const MAX_SPEED = 1_000_000;

/** Abort reason of a command that a signal or a closed stdout has stopped. */
class StopRequested extends Error {
  override readonly name = 'Stopped';
  readonly exitCode: number;

  constructor(exitCode: number) {
    super('Stopped on request');
    this.exitCode = exitCode;
  }
}

/**
 * Parses the command line, then calls `run`. Writes errors to stderr.
 * @param run resolves to whether everything passed
 * @returns the exit code: 0 passed, 1 failed, 64 wrong usage, 78 invalid file, above 128 stopped
 */
export async function runProgram(program: Command, run: () => Promise<boolean>): Promise<number> {
  try {
    prefixErrors(program.exitOverride()).parse();
    const passed = await run();
    await flushed();
    return passed ? EXIT_CODE.passed : EXIT_CODE.failed;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT_CODE.passed : EXIT.usage;
    if (!(error instanceof ClientError)) throw error;
    if (error.cause instanceof StopRequested) return error.cause.exitCode;
    process.stderr.write(`${program.name()}: ${sentenceOf(error)}\n`);
    return error.exitCode;
  }
}

/** Waits until a slow reader has taken all results, or for Ctrl-C. */
async function flushed(): Promise<void> {
  await new Promise<void>((resolve) => {
    process.once('SIGINT', () => resolve());
    process.stdout.write('', () => resolve());
  });
}

/** Source of stop requests: {@link process}. */
export interface SignalSource extends Pick<NodeJS.EventEmitter, 'on'> {
  readonly stdout: Pick<NodeJS.EventEmitter, 'on'>;
}

/** Aborts on SIGHUP, SIGINT or SIGTERM, or if stdout is closed. Its listeners stay until the process exits. */
export function stopSignal(source: SignalSource = process): AbortSignal {
  const stop = new AbortController();
  for (const [signal, code] of Object.entries(EXIT_CODE.stopped)) {
    source.on(signal, () => stop.abort(new StopRequested(code)));
  }
  return AbortSignal.any([stop.signal, outputClosedSignal(source)]);
}

/** Aborts if stdout is closed. Its listener stays until the process exits. */
export function outputClosedSignal(source: Pick<SignalSource, 'stdout'> = process): AbortSignal {
  const closed = new AbortController();
  source.stdout.on('error', () => closed.abort(new StopRequested(EXIT_CODE.brokenPipe)));
  return closed.signal;
}

/** An output file that a command writes incrementally. */
export interface OutputFile {
  readonly path: string;
  readonly write: (content: string | Buffer) => void;
}

/** Opens and truncates the file of an option, so that a wrong path is reported before a long run. */
export function outputFile(path: string): OutputFile {
  try {
    const file = openSync(path, 'w');
    return { path, write: (content) => void writeSync(file, Buffer.from(content)) };
  } catch (error) {
    throw new InvalidArgumentError(`Cannot open for writing: ${error instanceof Error ? error.message : ''}`);
  }
}

/** Parses a seed: a whole number from 0. */
export function seedArgument(text: string): number {
  if (!/^\d{1,15}$/.test(text)) throw new InvalidArgumentError('Expected a whole number.');
  return Number(text);
}

/** Parses a speed, in virtual seconds per real second. */
export function speedArgument(text: string): number {
  const speed = Number(/^\d+(?:\.\d+)?$/.exec(text)?.[0]);
  if (!(speed > 0 && speed <= MAX_SPEED)) {
    throw new InvalidArgumentError(`Expected a number above 0 and up to ${MAX_SPEED}.`);
  }
  return speed;
}
