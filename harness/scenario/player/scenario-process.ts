import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { ClientError } from '../../../client/errors.ts';
import { within } from '../../../client/wait.ts';
import { nameOf, type Origin } from '../../report/origin.ts';
import type { FailedRun, Report, Summary } from '../../report/summary.ts';
import { TYPESCRIPT_FLAGS } from '../../../typescript-loader/flags.ts';
import { cpuTimeMs } from './cpu-time.ts';
import { PLAYER_FLAGS } from './player-flags.ts';
import { forkModule } from './fork-module.ts';

/** Only the end of a process's stderr is kept, in characters. */
const MAX_STDERR_CHARS = 4_000;

/** A run of a child process. */
export type Task = Origin & {
  /** Folder into which the run is recorded. */
  readonly failureFolder?: string | undefined;
};

export interface RunLimits {
  /** Limit of real time. */
  readonly timeoutMs: number;
  /** Limit of the process's CPU time, which does not depend on how busy the machine is. None by default. */
  readonly cpuLimitMs?: number;
}

/** A child process that runs one scenario at a time. It is replaced after a crash. */
export class ScenarioProcess {
  readonly #module: URL;
  readonly #flags: readonly string[];
  #process: ChildProcess | undefined;
  #stderr = '';

  /**
   * @param module receives a {@link Task} and replies with a {@link Summary}; TypeScript, or compiled
   * @param flags additional options of Node.js
   */
  constructor(module: URL, flags: readonly string[] = []) {
    this.#module = module;
    const loader = module.pathname.endsWith('.ts') ? TYPESCRIPT_FLAGS : [];
    this.#flags = [...PLAYER_FLAGS, ...loader, ...flags];
  }

  /**
   * Runs a scenario. A run whose process crashes or hangs has failed.
   * @throws the reason of `signal`
   */
  async run(
    { failureFolder, ...origin }: Task,
    { timeoutMs, cpuLimitMs }: RunLimits,
    signal: AbortSignal,
  ): Promise<Report> {
    const child = this.#ensureProcess();
    this.#stderr = '';
    const realMs = stopwatch(() => performance.now());
    const cpuMs = stopwatch(() => cpuTimeMs(child.pid) ?? performance.now());
    const leftMs = (): number => Math.min(timeoutMs - realMs(), (cpuLimitMs ?? Infinity) - cpuMs());
    child.send({ ...origin, failureFolder });
    // On a busy machine, CPU time passes more slowly than real time.
    for (let waitMs = leftMs(); waitMs > 0; waitMs = leftMs()) {
      try {
        return await this.#reply(child, origin, Math.ceil(waitMs), signal);
      } catch (error) {
        if (!(error instanceof ClientError && error.code === 'timeout')) throw error;
      }
    }
    const limit =
      realMs() < timeoutMs && cpuLimitMs !== undefined
        ? `${cpuLimitMs / 1000} s of CPU time`
        : `${timeoutMs / 1000} s of real time`;
    await this.end();
    return this.#failure(origin, `No outcome within ${limit}`);
  }

  /** Kills the process; resolves once it is gone. */
  async end(): Promise<void> {
    const child = this.#process;
    if (!child) return;
    const closed = once(child, 'close');
    child.kill('SIGKILL');
    await closed;
  }

  #reply(child: ChildProcess, origin: Origin, timeoutMs: number, signal: AbortSignal): Promise<Report> {
    return within<Report>({ timeoutMs, what: nameOf(origin), signals: [signal] }, (succeed) => {
      const onMessage = (message: unknown): void => succeed(message as Summary);
      const onClose = (code: number | null, by: NodeJS.Signals | null): void =>
        succeed(this.#failure(origin, by ? `Killed by ${by}` : `Ended with exit code ${code ?? 'unknown'}`));
      child.on('message', onMessage).on('close', onClose);
      return () => child.off('message', onMessage).off('close', onClose);
    });
  }

  #ensureProcess(): ChildProcess {
    if (this.#process) return this.#process;
    const child = forkModule(this.#module, this.#flags, (text) => {
      this.#stderr = (this.#stderr + text).slice(-MAX_STDERR_CHARS);
    });
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

/** Returns the time that has passed on a clock since the call. */
function stopwatch(nowMs: () => number): () => number {
  const beganMs = nowMs();
  return () => nowMs() - beganMs;
}
