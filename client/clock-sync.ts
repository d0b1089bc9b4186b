import type { Logger } from './log.ts';
import { pause } from './wait.ts';

/** What tells whether the wall clock of the machine is synchronised. */
export interface ClockSource {
  /**
   * Asks the kernel, whatever program synchronises it.
   * @throws if the kernel cannot be asked, or the reason of `signal`
   */
  readonly isKernelSynced: (signal: AbortSignal) => Promise<boolean>;
  /** Whether systemd-timesyncd has synchronised the clock since the machine was booted. */
  readonly hasTimesyncdSynced: () => boolean;
}

/** Right after a boot, the clock is synchronised any moment; afterwards only if a network appears. */
const FIRST_PHASE_MS = 600_000;
const FIRST_INTERVAL_MS = 10_000;
const LATER_INTERVAL_MS = 60_000;

/** Tracks whether the wall clock is synchronised: asks until it is. */
export class ClockSync {
  readonly #source: ClockSource;
  readonly #log: Logger;
  #state: boolean | undefined;

  constructor(source: ClockSource, log: Logger) {
    this.#source = source;
    this.#log = log;
  }

  /** Whether the clock is synchronised; `undefined` if nothing can tell. */
  get state(): boolean | undefined {
    return this.#state;
  }

  /** Whether the clock is known to be synchronised. */
  get isSynced(): boolean {
    return this.#state === true;
  }

  /** Asks until the clock is synchronised. Never throws; ends early when `signal` aborts. */
  async run(signal: AbortSignal): Promise<void> {
    const beganMs = performance.now();
    try {
      if (await this.#ask(signal)) return;
      do {
        const isFirstPhase = performance.now() - beganMs < FIRST_PHASE_MS;
        await pause(isFirstPhase ? FIRST_INTERVAL_MS : LATER_INTERVAL_MS, signal);
      } while (!(await this.#ask(signal)));
      this.#log.info('the clock is synchronised now');
    } catch (error) {
      if (!signal.aborted) throw error;
    }
  }

  async #ask(signal: AbortSignal): Promise<boolean> {
    try {
      this.#state = await this.#source.isKernelSynced(signal);
    } catch (error) {
      if (signal.aborted) throw error;
      const wasKnown = this.#state !== undefined;
      this.#state = this.#source.hasTimesyncdSynced() ? true : undefined;
      this.#log[wasKnown ? 'warn' : 'debug']({ err: error }, 'cannot ask whether the clock is synchronised');
    }
    return this.isSynced;
  }
}
