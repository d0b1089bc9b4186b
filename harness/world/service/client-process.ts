import type { main } from '../../../client/cli.ts';
import type { Platform } from '../../../client/platform.ts';
import { runAsWorld, scheduleFor, Owner } from '../clock/owner.ts';

/** How a process has ended. */
export type ProcessEnd =
  | { readonly how: 'exit'; readonly code: number }
  | { readonly how: 'killed' | 'power cut' }
  | { readonly how: 'crashed'; readonly error: string };

export interface ProcessOptions {
  /** The client's binary. */
  readonly main: typeof main;
  /** Its command line. */
  readonly args: readonly string[];
  readonly platform: Platform;
  /** Takes back whatever the process has left behind: timers, sockets, ports, connections, stores. */
  readonly cleanUp: (owner: Owner, end: ProcessEnd) => void;
  readonly onEnd: (end: ProcessEnd) => void;
}

/** One run of the client's binary, in a process that it shares with its world. It can be killed like any other. */
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

  /** Undefined as long as it runs. */
  get end(): ProcessEnd | undefined {
    return this.#end;
  }

  /** SIGTERM. */
  terminate(): void {
    scheduleFor(this.owner, () => this.#stop.abort());
  }

  /** SIGKILL, or what a power cut amounts to. */
  kill(how: 'killed' | 'power cut'): void {
    this.#finish({ how });
  }

  /** Something was thrown that nothing has caught. */
  crash(error: unknown): void {
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
