import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { ClientError } from '../../../client/errors.ts';
import { throwIfAborted, within } from '../../../client/wait.ts';
import { nameOf, type Origin } from '../../report/origin.ts';
import type { Failure, Report, Summary } from '../../report/summary.ts';
import { PLAYER_FLAGS } from './player-flags.ts';
import { TYPESCRIPT_FLAGS } from '../../../loader/flags.ts';

export interface SuiteOptions {
  /** Processes that work side by side. */
  readonly jobs: number;
  /** Ends all processes. */
  readonly signal: AbortSignal;
  /** Hears of each run as it ends, whichever comes first. */
  readonly onEnd?: (report: Report, index: number) => void;
  /** How long a run may take in real time. */
  readonly deadlineMs?: number;
  /** What the processes run: it is sent an {@link Origin} at a time and answers with a {@link Summary}. */
  readonly child?: URL;
}

const CHILD = new URL('./scenario-child.ts', import.meta.url);
const DEADLINE_MS = 600_000;
/** Of what a process says, only the end is of interest, in characters. */
const LAST_WORDS = 4_000;

/**
 * Makes many runs, each in a process that has it to itself meanwhile. One that dies or hangs has failed; the others go
 * on.
 * @returns the reports in the order of `origins`.
 * @throws the reason of `signal`; then, as always, no process is left behind.
 */
export async function runSuite(
  origins: readonly Origin[],
  { jobs, signal, onEnd, deadlineMs = DEADLINE_MS, child = CHILD }: SuiteOptions,
): Promise<readonly Report[]> {
  const reports: Report[] = [];
  const queue = origins.entries();
  const work = async (): Promise<void> => {
    const worker = new Worker(child);
    try {
      for (const [index, origin] of queue) {
        throwIfAborted(signal);
        const report = await worker.run(origin, deadlineMs, signal);
        reports[index] = report;
        onEnd?.(report, index);
      }
    } finally {
      await worker.end();
    }
  };
  const workers = Array.from({ length: Math.min(jobs, origins.length) }, work);
  await Promise.allSettled(workers);
  await Promise.all(workers);
  return reports;
}

/** Passes on what comes in any order in the order of its index, as early as possible. */
export function inOrder<T>(tell: (value: T) => void): (value: T, index: number) => void {
  const waiting = new Map<number, T>();
  let next = 0;
  return (value, index) => {
    waiting.set(index, value);
    for (let ready = waiting.get(next); ready !== undefined; ready = waiting.get(next)) {
      waiting.delete(next);
      next += 1;
      tell(ready);
    }
  };
}

/** A process that makes one run after the other; a new one takes over where one has died. */
class Worker {
  readonly #module: URL;
  #process: ChildProcess | undefined;
  #lastWords = '';

  constructor(module: URL) {
    this.#module = module;
  }

  /** @throws the reason of `signal`. */
  async run(origin: Origin, timeoutMs: number, signal: AbortSignal): Promise<Report> {
    const child = this.#living();
    this.#lastWords = '';
    try {
      return await within<Report>({ timeoutMs, what: nameOf(origin), signals: [signal] }, (succeed) => {
        const onMessage = (message: unknown): void => succeed(message as Summary);
        const onClose = (code: number | null, by: NodeJS.Signals | null): void =>
          succeed(
            this.#failure(origin, by ? `Killed by ${by}` : `Ended with exit code ${code ?? 'unknown'}`),
          );
        child.on('message', onMessage).on('close', onClose);
        child.send(origin);
        return () => child.off('message', onMessage).off('close', onClose);
      });
    } catch (error) {
      if (!(error instanceof ClientError && error.code === 'timeout')) throw error;
      await this.end();
      return this.#failure(origin, `No outcome within ${timeoutMs / 1000} s of real time`);
    }
  }

  /** Kills the process; resolves once it is gone. */
  async end(): Promise<void> {
    const child = this.#process;
    if (!child) return;
    const closed = once(child, 'close');
    child.kill('SIGKILL');
    await closed;
  }

  #living(): ChildProcess {
    if (this.#process) return this.#process;
    const child = fork(this.#module, {
      execArgv: [...PLAYER_FLAGS, ...TYPESCRIPT_FLAGS],
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    });
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#lastWords = (this.#lastWords + text).slice(-LAST_WORDS);
    });
    // A process that cannot be reached is one that closes.
    child.on('error', () => child.kill('SIGKILL'));
    child.once('close', () => (this.#process = undefined));
    this.#process = child;
    return child;
  }

  #failure(origin: Origin, how: string): Failure {
    const lastWords = this.#lastWords.trim();
    const problem = lastWords === '' ? how : `${how}\n${lastWords}`;
    return { origin, name: nameOf(origin), passed: false, problem };
  }
}
