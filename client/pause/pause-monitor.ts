import type { Logger } from '../log.ts';
import { decodePause, encodePause, remainingPauseMs } from './pause.ts';
import type { PauseFiles } from './pause-files.ts';

/** How often the file of a pause is brought up to date. */
const SAVE_INTERVAL_MS = 60_000;

export interface PauseMonitorOptions {
  readonly files: PauseFiles;
  readonly path: string;
  readonly log: Logger;
}

/**
 * The pause in force, as the running client knows it. The wall clock says what is left of one when its file is first
 * seen, and from then on only time that passes counts, whatever becomes of that clock. The file is kept to what is left:
 * a Pi without RTC may come up at the same time again and again, and would begin the pause anew at every start.
 */
export class PauseMonitor {
  readonly #options: PauseMonitorOptions;
  /** What the file said last. */
  #lastText: string | undefined;
  /** When the pause ends, by `performance.now`; undefined without one. */
  #endMs: number | undefined;
  /** When its file is next to be brought up to date, by `performance.now`. */
  #nextSaveMs = 0;
  #isUnreadable = false;
  #isUnwritable = false;

  constructor(options: PauseMonitorOptions) {
    this.#options = options;
  }

  /** Looks at the file: how long the pause still lasts, in milliseconds; 0 without one. Never fails. */
  check(): number {
    const text = this.#read();
    if (text !== this.#lastText) this.#load(text);
    const remainingMs = (this.#endMs ?? -Infinity) - performance.now();
    if (remainingMs > 0) {
      if (performance.now() >= this.#nextSaveMs) this.#save(remainingMs);
      return remainingMs;
    }
    if (this.#endMs !== undefined) this.#finish();
    return 0;
  }

  /** Where it cannot be read there is no news. */
  #read(): string | undefined {
    const { files, path, log } = this.#options;
    try {
      const text = files.read(path);
      this.#isUnreadable = false;
      return text;
    } catch (error) {
      if (!this.#isUnreadable) log.warn({ err: error, path }, 'what asks for a pause cannot be read');
      this.#isUnreadable = true;
      return this.#lastText;
    }
  }

  #load(text: string | undefined): void {
    const { path, log } = this.#options;
    const pause = text === undefined ? undefined : decodePause(text);
    if (text !== undefined && !pause) log.warn({ path }, 'what asks for a pause makes no sense: ignored');
    this.#lastText = text;
    this.#endMs = pause && performance.now() + remainingPauseMs(pause, Date.now());
    this.#nextSaveMs = performance.now() + SAVE_INTERVAL_MS;
  }

  /** Where that fails only a restart could notice. */
  #save(remainingMs: number): void {
    const { files, path, log } = this.#options;
    this.#nextSaveMs = performance.now() + SAVE_INTERVAL_MS;
    const fromMs = Date.now();
    const text = encodePause({ fromMs, untilMs: fromMs + Math.ceil(remainingMs) });
    try {
      if (this.#lastText !== undefined && files.rewrite(path, this.#lastText, text)) this.#lastText = text;
      this.#isUnwritable = false;
    } catch (error) {
      if (!this.#isUnwritable)
        log.warn({ err: error, path }, 'what is left of the pause cannot be written down');
      this.#isUnwritable = true;
    }
  }

  /** Takes the file away: a clock that starts in the past would bring the pause back. A new pause stays. */
  #finish(): void {
    const { files, path, log } = this.#options;
    this.#endMs = undefined;
    try {
      files.remove(path, this.#lastText);
    } catch (error) {
      log.warn({ err: error, path }, 'the file of a pause that is over cannot be removed');
    }
  }
}
