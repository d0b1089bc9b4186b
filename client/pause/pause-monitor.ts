import type { Logger } from '../log.ts';
import { decodePause, encodePause, remainingPauseMs } from './pause.ts';
import type { Uptime } from '../uptime.ts';
import type { PauseFiles } from './pause-files.ts';

/** Interval at which the remaining time is saved to the pause file. */
const SAVE_INTERVAL_MS = 60_000;
/** Deviation of the wall clock from the monotonic one that is no step: clocks are slewed. */
const MAX_SLEW_MS = 1_000;

export interface PauseMonitorOptions {
  readonly files: PauseFiles;
  readonly path: string;
  readonly uptime: () => Uptime | undefined;
  readonly log: Logger;
}

/**
 * Tracks the current pause of a running client. The wall clock is used only when a pause file of an earlier boot is first
 * read; otherwise a monotonic clock counts, so that clock changes have no effect. The remaining time is saved to the file if
 * the wall clock is stepped, because after a boot a client knows no other clock, and regularly: a Pi without RTC may boot with
 * the same time again and again, and would restart the pause at every boot.
 */
export class PauseMonitor {
  readonly #options: PauseMonitorOptions;
  /** Text of the file when last read or saved. */
  #lastText: string | undefined;
  /** End of the pause by `performance.now`; undefined if there is none. */
  #endMs: number | undefined;
  /** When to save the remaining time next, by `performance.now`. */
  #nextSaveMs = 0;
  /** Difference of the wall clock to `performance.now` when the remaining time was last read or saved. */
  #clockOffsetMs = 0;
  #isUnreadable = false;
  #isUnwritable = false;

  constructor(options: PauseMonitorOptions) {
    this.#options = options;
  }

  /** Reads the pause file; returns the remaining milliseconds of the pause, 0 if there is none. Never throws. */
  check(): number {
    const text = this.#read();
    if (text !== this.#lastText) this.#load(text);
    const remainingMs = (this.#endMs ?? -Infinity) - performance.now();
    if (remainingMs > 0) {
      if (performance.now() >= this.#nextSaveMs || this.#isClockStepped) this.#save(remainingMs);
      return remainingMs;
    }
    if (this.#endMs !== undefined) this.#finish();
    return 0;
  }

  /** Reads the file; if that fails, the last text still applies. */
  #read(): string | undefined {
    const { files, path, log } = this.#options;
    try {
      const text = files.read(path);
      this.#isUnreadable = false;
      return text;
    } catch (error) {
      if (!this.#isUnreadable)
        log.warn({ err: error, path }, 'cannot read the pause file: check its permissions and the disk');
      this.#isUnreadable = true;
      return this.#lastText;
    }
  }

  #load(text: string | undefined): void {
    const { path, log, uptime } = this.#options;
    const pause = text === undefined ? undefined : decodePause(text);
    if (text !== undefined && !pause)
      log.warn({ path }, 'ignored an invalid pause file: remove it with `martinete resume`');
    this.#lastText = text;
    this.#endMs = pause && performance.now() + remainingPauseMs(pause, Date.now(), uptime());
    this.#planSave();
  }

  /** Saves the remaining time. A failure matters only after a restart, so it is only logged. */
  #save(remainingMs: number): void {
    const { files, path, log, uptime } = this.#options;
    this.#planSave();
    const fromMs = Date.now();
    const text = encodePause({ fromMs, untilMs: fromMs + Math.ceil(remainingMs), uptime: uptime() });
    try {
      if (this.#lastText !== undefined && files.rewrite(path, this.#lastText, text)) this.#lastText = text;
      this.#isUnwritable = false;
    } catch (error) {
      if (!this.#isUnwritable)
        log.warn(
          { err: error, path },
          'cannot save the remaining time of the pause: check the disk and [outbox] path',
        );
      this.#isUnwritable = true;
    }
  }

  #planSave(): void {
    this.#nextSaveMs = performance.now() + SAVE_INTERVAL_MS;
    this.#clockOffsetMs = clockOffsetMs();
  }

  get #isClockStepped(): boolean {
    return Math.abs(clockOffsetMs() - this.#clockOffsetMs) > MAX_SLEW_MS;
  }

  /** Removes the file, or a clock that restarts in the past would revive the pause. A new pause is kept. */
  #finish(): void {
    const { files, path, log } = this.#options;
    this.#endMs = undefined;
    try {
      files.remove(path, this.#lastText);
    } catch (error) {
      log.warn(
        { err: error, path },
        'cannot remove the file of a pause that is over: check the disk and [outbox] path',
      );
    }
  }
}

function clockOffsetMs(): number {
  return Date.now() - performance.now();
}
