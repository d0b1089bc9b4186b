import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { ClientError } from '../../../client/errors.ts';
import { throwIfAborted, within } from '../../../client/wait.ts';
import { nameOf, type Origin } from '../../report/origin.ts';
import type { FailedRun, Report, Summary } from '../../report/summary.ts';
import { PLAYER_FLAGS } from './player-flags.ts';
import { TYPESCRIPT_FLAGS } from '../../../typescript-loader/flags.ts';

export interface SuiteOptions {
  /** Number of child processes. */
  readonly jobs: number;
  /** Stops the suite and ends all child processes. */
  readonly signal: AbortSignal;
  /** Called with each report, in the order in which the runs end. */
  readonly onEnd?: (report: Report, index: number) => void;
  /** Chooses the folder into which a failed run is recorded, by a second run; undefined to record nothing. */
  readonly failureFolder?: (report: Report) => string | undefined;
  /** Real-time limit of a run. */
  readonly deadlineMs?: number;
  /** Module of the child processes: receives a {@link Task} and replies with a {@link Summary}. */
  readonly child?: URL;
}

/** A run of a child process. */
export type Task = Origin & {
  /** Folder into which the run is recorded. */
  readonly failureFolder?: string | undefined;
};

const CHILD = new URL('./scenario-child.ts', import.meta.url);
const DEADLINE_MS = 600_000;
/** Only the end of a process's stderr is kept, in characters. */
const MAX_STDERR_CHARS = 4_000;

/**
 * Runs many scenarios in child processes, one at a time in each. A run whose process crashes or hangs has failed; the
 * others continue.
 * @returns the reports in the order of `origins`
 * @throws the reason of `signal`; all child processes have ended by then
 */
export async function runSuite(
  origins: readonly Origin[],
  { jobs, signal, onEnd, failureFolder, deadlineMs = DEADLINE_MS, child = CHILD }: SuiteOptions,
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
        const folder = report.passed ? undefined : failureFolder?.(report);
        if (folder === undefined) continue;
        throwIfAborted(signal);
        await worker.run({ ...origin, failureFolder: folder }, deadlineMs, signal);
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

/** Delivers values that arrive in any order in the order of their index, as early as possible. */
export function inOrder<T>(deliver: (value: T) => void): (value: T, index: number) => void {
  const pending = new Map<number, T>();
  let next = 0;
  return (value, index) => {
    pending.set(index, value);
    for (let ready = pending.get(next); ready !== undefined; ready = pending.get(next)) {
      pending.delete(next);
      next += 1;
      deliver(ready);
    }
  };
}

/** A child process that runs one scenario at a time. It is replaced after a crash. */
export class Worker {
  readonly #module: URL;
  #process: ChildProcess | undefined;
  #stderr = '';

  /** @param module see {@link SuiteOptions.child} */
  constructor(module = CHILD) {
    this.#module = module;
  }

  /** @throws the reason of `signal`. */
  async run({ failureFolder, ...origin }: Task, timeoutMs: number, signal: AbortSignal): Promise<Report> {
    const child = this.#ensureProcess();
    this.#stderr = '';
    try {
      return await within<Report>({ timeoutMs, what: nameOf(origin), signals: [signal] }, (succeed) => {
        const onMessage = (message: unknown): void => succeed(message as Summary);
        const onClose = (code: number | null, by: NodeJS.Signals | null): void =>
          succeed(
            this.#failure(origin, by ? `Killed by ${by}` : `Ended with exit code ${code ?? 'unknown'}`),
          );
        child.on('message', onMessage).on('close', onClose);
        child.send({ ...origin, failureFolder });
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

  #ensureProcess(): ChildProcess {
    if (this.#process) return this.#process;
    const child = fork(this.#module, {
      execArgv: [...PLAYER_FLAGS, ...TYPESCRIPT_FLAGS],
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    });
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#stderr = (this.#stderr + text).slice(-MAX_STDERR_CHARS);
    });
    // A child that cannot be reached is killed, so that it closes.
    child.on('error', () => child.kill('SIGKILL'));
    child.once('close', () => (this.#process = undefined));
    this.#process = child;
    return child;
  }

  #failure(origin: Origin, how: string): FailedRun {
    const lastWords = this.#stderr.trim();
    const problem = lastWords === '' ? how : `${how}\n${lastWords}`;
    return { origin, name: nameOf(origin), passed: false, problem };
  }
}
