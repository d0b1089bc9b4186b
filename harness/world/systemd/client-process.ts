import { EventEmitter } from 'node:events';
import type { main } from '../../../client/cli.ts';
import type { Platform } from '../../../client/platform.ts';
import { stopOnSignals } from '../../../client/process.ts';
import { runAsWorld, scheduleFor, Owner } from '../clock/timer-owner.ts';
import { CallbackCounter } from './callback-counter.ts';

/** How a process ended. */
export type ProcessEnd =
  | { readonly how: 'exit'; readonly code: number }
  | { readonly how: 'killed' | 'power cut' }
  | { readonly how: 'crashed'; readonly error: string };

export interface ProcessOptions {
  /** The entry point of the client. */
  readonly main: typeof main;
  /** Command line arguments. */
  readonly args: readonly string[];
  readonly platform: Platform;
  /** Releases what the process has left open: timers, sockets, ports, connections, stores. */
  readonly cleanUp: (owner: Owner, end: ProcessEnd) => void;
  readonly onEnd: (end: ProcessEnd) => void;
  /** Called with the uncaught error of a process that crashes, before its end. */
  readonly onCrash?: (error: unknown) => void;
  /** Number of callbacks that end the process, because it runs in a loop, and what is called then. */
  readonly callbacks?: {
    readonly max: number;
    readonly onExceeded: (overMs: number) => void;
  };
}

/** Unwinds the stack of a virtual process that calls `exit`. */
class ProcessExit extends Error {
  override readonly name = 'ProcessExit';
}

/** Runs the client as a virtual process, which gets signals and can be killed. */
export class ClientProcess {
  readonly owner = new Owner(
    (error) => this.crash(error),
    () => this.#callbacks.count(),
  );
  readonly #options: ProcessOptions;
  readonly #callbacks: CallbackCounter;
  readonly #signals = new EventEmitter();
  #end: ProcessEnd | undefined;

  constructor(options: ProcessOptions) {
    this.#options = options;
    const { main, args, platform, callbacks } = options;
    this.#callbacks = new CallbackCounter(callbacks?.max ?? Infinity, (overMs) => {
      runAsWorld(() => callbacks?.onExceeded(overMs));
      this.kill('killed');
    });
    scheduleFor(this.owner, () => {
      stopOnSignals(this.#signals, this.#exit, (stop) => main(args, platform, stop)).then(
        (code) => this.#finish({ how: 'exit', code }),
        (error: unknown) => this.crash(error),
      );
    });
  }

  /** Undefined while the process runs. */
  get end(): ProcessEnd | undefined {
    return this.#end;
  }

  /** Sends a signal; one that the process does not handle ends it. */
  signal(signal: 'SIGTERM' | 'SIGINT' | 'SIGHUP'): void {
    scheduleFor(this.owner, () => {
      try {
        if (!this.#signals.emit(signal, signal)) this.kill('killed');
      } catch (error) {
        if (!(error instanceof ProcessExit)) throw error;
      }
    });
  }

  /** Ends the process at once, as SIGKILL and a power cut do. */
  kill(how: 'killed' | 'power cut'): void {
    this.#finish({ how });
  }

  /** Ends the process after an uncaught error. */
  crash(error: unknown): void {
    if (!this.#end) this.#options.onCrash?.(error);
    this.#finish({ how: 'crashed', error: String(error) });
  }

  readonly #exit = (code: number): never => {
    this.#finish({ how: 'exit', code });
    throw new ProcessExit();
  };

  #finish(end: ProcessEnd): void {
    if (this.#end) return;
    this.#end = end;
    this.owner.end();
    runAsWorld(() => {
      this.#options.cleanUp(this.owner, end);
      this.#options.onEnd(end);
    });
  }
}
