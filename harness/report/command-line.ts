import { openSync, writeSync } from 'node:fs';
import { CommanderError, InvalidArgumentError, type Command } from 'commander';
import { ClientError, EXIT } from '../../client/errors.ts';

/** Exit codes beyond those of the client; above 128 as a shell numbers what ends by a signal. */
export const EXIT_CODE = {
  passed: 0,
  failed: 1,
  stopped: { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 },
  /** Whoever read the output has gone, as `head` does. */
  brokenPipe: 141,
} as const;

const MAX_SPEED = 1_000_000;

/** Why a command ends before its time. */
class StopRequested extends Error {
  override readonly name = 'Stopped';
  readonly exitCode: number;

  constructor(exitCode: number) {
    super('Stopped on request');
    this.exitCode = exitCode;
  }
}

/**
 * Parses the command line and runs `act`; mistakes are told on stderr.
 * @param run whether all is well
 * @returns the exit code: 0, 1 where not all is well, 64 for wrong usage, 78 for a mistaken file, above 128 when stopped.
 */
export async function runProgram(program: Command, run: () => Promise<boolean>): Promise<number> {
  try {
    program.exitOverride().parse();
    return (await run()) ? EXIT_CODE.passed : EXIT_CODE.failed;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT_CODE.passed : EXIT.usage;
    if (!(error instanceof ClientError)) throw error;
    if (error.cause instanceof StopRequested) return error.cause.exitCode;
    process.stderr.write(`${program.name()}: ${error.message}\n`);
    return error.exitCode;
  }
}

/** What tells a command to stop: {@link process}. */
export interface SignalSource extends Pick<NodeJS.EventEmitter, 'on'> {
  readonly stdout: Pick<NodeJS.EventEmitter, 'on'>;
}

/** Aborts when the process is told to stop, and when nobody reads its output any longer; for the rest of its life. */
export function stopSignal(source: SignalSource = process): AbortSignal {
  const stop = new AbortController();
  for (const [signal, code] of Object.entries(EXIT_CODE.stopped)) {
    source.on(signal, () => stop.abort(new StopRequested(code)));
  }
  source.stdout.on('error', () => stop.abort(new StopRequested(EXIT_CODE.brokenPipe)));
  return stop.signal;
}

/** A file that a command writes as it goes. */
export interface OutputFile {
  readonly path: string;
  readonly write: (content: string | Buffer) => void;
}

/** An option's file, open and empty: better now than after a long run. */
export function outputFile(path: string): OutputFile {
  try {
    const file = openSync(path, 'w');
    return { path, write: (content) => void writeSync(file, Buffer.from(content)) };
  } catch (error) {
    throw new InvalidArgumentError(`Cannot be written: ${error instanceof Error ? error.message : ''}`);
  }
}

/** A seed from the command line: a whole number, 0 included. */
export function seedArgument(text: string): number {
  if (!/^\d{1,15}$/.test(text)) throw new InvalidArgumentError('Expected a whole number.');
  return Number(text);
}

/** World seconds per real second. */
export function speedArgument(text: string): number {
  const speed = Number(/^\d+(?:\.\d+)?$/.exec(text)?.[0]);
  if (!(speed > 0 && speed <= MAX_SPEED)) {
    throw new InvalidArgumentError(`Expected a number above zero, up to ${MAX_SPEED}.`);
  }
  return speed;
}
