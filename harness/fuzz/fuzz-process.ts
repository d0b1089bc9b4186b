import type { ChildProcess } from 'node:child_process';
import { on, once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { throwIfAborted } from '../../client/wait.ts';
import { TYPESCRIPT_FLAGS } from '../../typescript-loader/flags.ts';
import type { Blocks } from './coverage.ts';
import type { BatchResult } from './run-batch.ts';
import { forkModule } from '../scenario/player/fork-module.ts';

/** A batch for a child process. */
export interface BatchTask {
  readonly kind: 'batch';
  readonly target: string;
  readonly seed: number;
  readonly runs: number;
  /** Where each input is written before it is tried, to find the one that hangs. */
  readonly inputFile?: string;
}

/** What a child process is asked for: a batch, or the blocks that its batches have reached. */
export type Task = BatchTask | { readonly kind: 'coverage' };

/** What a child process sends. */
export type Reply =
  | { readonly kind: 'progress' }
  | {
      readonly kind: 'result';
      /** With the input of a failure as `encode` returns it. */
      readonly result: BatchResult;
      /** CPU time of the process, which does not depend on how busy the machine is. */
      readonly cpuMs: number;
    }
  | { readonly kind: 'coverage'; readonly blocks: Blocks };

type Answer = Exclude<Reply, { kind: 'progress' }>;
export type Outcome = Extract<Reply, { kind: 'result' }>;

/** Only the end of a process's stderr is kept, in characters. */
const MAX_STDERR_CHARS = 4_000;

/** A child process that runs one batch at a time. It is replaced after it has hung or crashed. */
export class FuzzProcess {
  readonly #module: URL;
  readonly #hangMs: number;
  #process: ChildProcess | undefined;
  #stderr = '';

  /**
   * @param module receives a {@link Task} and replies with a {@link Reply}
   * @param hangMs time without progress after which an execution counts as one that never ends
   */
  constructor(module: URL, hangMs: number) {
    this.#module = module;
    this.#hangMs = hangMs;
  }

  /**
   * Runs a batch. One that hangs, or ends its process, is run again to find the input that did it.
   * @throws the reason of `signal`
   */
  async run(batch: Omit<BatchTask, 'kind'>, signal: AbortSignal): Promise<Outcome> {
    const task: BatchTask = { kind: 'batch', ...batch };
    const beganMs = performance.now();
    const outcome = await this.#attempt(task, signal);
    if (typeof outcome !== 'string' && outcome.kind === 'result') return outcome;
    const problem = typeof outcome === 'string' ? outcome : 'no result';
    const folder = mkdtempSync(join(tmpdir(), 'martinete-fuzz-'));
    try {
      const inputFile = join(folder, 'input.json');
      const again = await this.#attempt({ ...task, inputFile }, signal);
      const message = typeof again === 'string' ? again : `${problem}, but not again with the same seed`;
      const input: unknown = JSON.parse(readFileSync(inputFile, 'utf8'));
      const result = { executions: 0, tallies: {}, failure: { input, message, stack: message } };
      return { kind: 'result', result, cpuMs: performance.now() - beganMs };
    } finally {
      rmSync(folder, { recursive: true });
    }
  }

  /** The blocks that the batches of the process have reached; none if it does not answer. */
  async blocks(signal: AbortSignal): Promise<Blocks> {
    const reply = await this.#attempt({ kind: 'coverage' }, signal);
    return typeof reply === 'object' && reply.kind === 'coverage' ? reply.blocks : {};
  }

  /** Kills the process; resolves once it is gone. */
  async end(): Promise<void> {
    const child = this.#process;
    if (!child) return;
    const closed = once(child, 'close');
    child.kill('SIGKILL');
    await closed;
  }

  /** Asks for something; resolves to a text if the process hangs or ends. */
  async #attempt(task: Task, signal: AbortSignal): Promise<Answer | string> {
    const child = this.#ensureProcess();
    this.#stderr = '';
    const hung = new AbortController();
    const timer = setTimeout(() => hung.abort(), this.#hangMs);
    try {
      const replies = on(child, 'message', {
        signal: AbortSignal.any([signal, hung.signal]),
        close: ['close'],
      }) as AsyncIterable<[Reply]>;
      child.send(task);
      for await (const [reply] of replies) {
        timer.refresh();
        if (reply.kind !== 'progress') return reply;
      }
      const how = child.signalCode ?? `exit code ${child.exitCode ?? 'unknown'}`;
      return `the process ended with ${how}\n${this.#stderr.trim()}`.trim();
    } catch (error) {
      throwIfAborted(signal);
      if (!hung.signal.aborted) throw error;
      await this.end();
      return `no progress in ${this.#hangMs / 1000} s`;
    } finally {
      clearTimeout(timer);
    }
  }

  #ensureProcess(): ChildProcess {
    if (this.#process) return this.#process;
    const child = forkModule(this.#module, TYPESCRIPT_FLAGS, (text) => {
      this.#stderr = (this.#stderr + text).slice(-MAX_STDERR_CHARS);
    });
    child.once('close', () => (this.#process = undefined));
    this.#process = child;
    return child;
  }
}
