import type { EventContent } from '../trace/event.ts';
import type { ClientProcess, ProcessEnd } from './client-process.ts';

/** As in the unit that the client is installed with: `RestartSec=`. */
const RESTART_MS = 5_000;
/** Its `RestartPreventExitStatus=`, and the code of a stop that was asked for. */
const FINAL_CODES: readonly number[] = [0, 77, 78];

export interface ServiceOptions {
  /** Starts the process; `onEnd` is to be called once. */
  readonly start: (onEnd: (end: ProcessEnd) => void) => ClientProcess;
  readonly record: (event: EventContent) => void;
}

/** What systemd does for the client: starts it, and starts it again when it has ended by itself. */
export class Service {
  readonly #options: ServiceOptions;
  #process: ClientProcess | undefined;
  #restart: NodeJS.Timeout | undefined;
  #life = 0;
  #isWanted = false;
  #isStopping = false;
  #hasPower = true;
  #onStopped: (() => void) | undefined;

  constructor(options: ServiceOptions) {
    this.#options = options;
  }

  /** The process that runs just now. */
  get process(): ClientProcess | undefined {
    return this.#process;
  }

  /** How often the client was started. */
  get starts(): number {
    return this.#life;
  }

  /** `systemctl start`. */
  start(): void {
    this.#isWanted = true;
    this.#start();
  }

  /** `systemctl stop`: resolves once the process has ended. */
  async stop(): Promise<void> {
    this.#isWanted = false;
    clearTimeout(this.#restart);
    if (!this.#process) return;
    this.#isStopping = true;
    const stopped = new Promise<void>((resolve) => (this.#onStopped = resolve));
    this.#process.terminate();
    await stopped;
  }

  /** `kill -9`: it is started again. */
  kill(): void {
    this.#process?.kill('killed');
  }

  /** The Pi is without power. */
  powerCut(): void {
    this.#hasPower = false;
    this.#process?.kill('power cut');
    clearTimeout(this.#restart);
  }

  /** The Pi has power again, and has come up. */
  powerOn(): void {
    this.#hasPower = true;
    if (this.#isWanted) this.#start();
  }

  #start(): void {
    clearTimeout(this.#restart);
    if (this.#process || !this.#hasPower) return;
    this.#life += 1;
    this.#options.record({ type: 'client.started', life: this.#life });
    this.#process = this.#options.start((end) => this.#ended(end));
  }

  #ended(end: ProcessEnd): void {
    this.#process = undefined;
    this.#options.record({ type: 'client.ended', life: this.#life, ...end });
    this.#onStopped?.();
    this.#onStopped = undefined;
    const wasStopping = this.#isStopping;
    this.#isStopping = false;
    if (!this.#isWanted || end.how === 'power cut') return;
    const isFinal = end.how === 'exit' && FINAL_CODES.includes(end.code);
    // A start that was asked for during a stop waits for its end.
    if (wasStopping) this.#start();
    else if (!isFinal) this.#restart = setTimeout(() => this.#start(), RESTART_MS);
  }
}
