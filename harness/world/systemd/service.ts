import type { EventContent } from '../trace/event.ts';
import type { ClientProcess, ProcessEnd } from './client-process.ts';

/** `RestartSec=` of the client's systemd unit. */
const RESTART_MS = 5_000;
/** Time from the end of a process that was told to stop to a start that waits for it. */
const START_MS = 100;
/** `RestartPreventExitStatus=` of the unit, and the exit code of a requested stop. */
const FINAL_CODES: readonly number[] = [0, 77, 78];

export interface ServiceOptions {
  /** Starts the process, which calls `onEnd` once. */
  readonly start: (onEnd: (end: ProcessEnd) => void) => ClientProcess;
  readonly record: (event: EventContent) => void;
  /** Called when a running process is told to stop. */
  readonly onStop?: () => void;
}

/** A stop of the process that has not ended yet. */
interface Stop {
  readonly promise: Promise<void>;
  readonly resolve: () => void;
}

/** Simulates the client's systemd service: starts the client, and restarts it if it ends by itself. */
export class Service {
  readonly #options: ServiceOptions;
  #process: ClientProcess | undefined;
  #restartTimer: NodeJS.Timeout | undefined;
  #starts = 0;
  #isWanted = false;
  #hasPower = true;
  /** Resolves when the process that is being stopped has ended. */
  #stopped: Stop | undefined;

  constructor(options: ServiceOptions) {
    this.#options = options;
  }

  /** The running process. */
  get process(): ClientProcess | undefined {
    return this.#process;
  }

  /** Number of starts. */
  get starts(): number {
    return this.#starts;
  }

  /** Acts as `systemctl start`. */
  start(): void {
    this.#isWanted = true;
    this.#start();
  }

  /** Acts as `systemctl stop`; resolves once the process has ended. */
  async stop(): Promise<void> {
    this.#isWanted = false;
    clearTimeout(this.#restartTimer);
    if (!this.#process) return;
    if (!this.#stopped) {
      this.#stopped = this.#beginStop();
      this.#process.signal('SIGTERM');
    }
    await this.#stopped.promise;
  }

  /** Acts as `systemctl restart`. */
  restart(): void {
    void this.stop();
    this.start();
  }

  /** Acts as `kill -HUP`, `times` times; the service then waits for `start`. */
  sendHangup(times: number): void {
    if (!this.#process) return;
    this.#isWanted = false;
    this.#stopped ??= this.#beginStop();
    for (let count = 0; count < times; count++) this.#process.signal('SIGHUP');
  }

  /** Sends a signal to the process; the service does not wait for its end. */
  signal(signal: Parameters<ClientProcess['signal']>[0]): void {
    this.#process?.signal(signal);
  }

  /** Acts as `kill -9`, after which systemd restarts the client. */
  kill(): void {
    this.#process?.kill('killed');
  }

  /** Cuts the power of the Pi. */
  powerCut(): void {
    this.#hasPower = false;
    this.#process?.kill('power cut');
    clearTimeout(this.#restartTimer);
  }

  /** Starts the Pi after a power cut. */
  powerOn(): void {
    this.#hasPower = true;
    if (this.#isWanted) this.#start();
  }

  #beginStop(): Stop {
    this.#options.onStop?.();
    let resolve = (): void => undefined;
    const promise = new Promise<void>((resolved) => (resolve = resolved));
    return { promise, resolve };
  }

  #start(): void {
    clearTimeout(this.#restartTimer);
    if (this.#process || !this.#hasPower) return;
    this.#starts += 1;
    this.#options.record({ type: 'client.started', life: this.#starts });
    this.#process = this.#options.start((end) => this.#ended(end));
  }

  #ended(end: ProcessEnd): void {
    this.#process = undefined;
    this.#options.record({ type: 'client.ended', life: this.#starts, ...end });
    const wasStopping = this.#stopped !== undefined;
    this.#stopped?.resolve();
    this.#stopped = undefined;
    if (!this.#isWanted || end.how === 'power cut') return;
    const isFinal = end.how === 'exit' && FINAL_CODES.includes(end.code);
    // A start that was requested during the stop had to wait until now.
    if (wasStopping) this.#restartTimer = setTimeout(() => this.#start(), START_MS);
    else if (!isFinal) this.#restartTimer = setTimeout(() => this.#start(), RESTART_MS);
  }
}
