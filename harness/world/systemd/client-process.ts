import type { main } from '../../../client/cli.ts';
import type { Platform } from '../../../client/platform.ts';
import { runAsWorld, scheduleFor, Owner } from '../clock/timer-owner.ts';

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
}

/** Runs the client as a virtual process, which can be killed. */
export class ClientProcess {
  readonly owner = new Owner((error) => this.crash(error));
  readonly #options: ProcessOptions;
  readonly #stop = new AbortController();
  #end: ProcessEnd | undefined;

  constructor(options: ProcessOptions) {
    this.#options = options;
    const { main, args, platform } = options;
    scheduleFor(this.owner, () => {
      main(args, platform, this.#stop.signal).then(
        (code) => this.#finish({ how: 'exit', code }),
        (error: unknown) => this.crash(error),
      );
    });
  }

  /** Undefined while the process runs. */
  get end(): ProcessEnd | undefined {
    return this.#end;
  }

  /** Sends SIGTERM. */
  terminate(): void {
    scheduleFor(this.owner, () => this.#stop.abort());
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
