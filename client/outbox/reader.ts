import { untilCalled } from '../wait.ts';
import type { Boot, Place, SampleQueue } from './queue.ts';
import type { Entry } from './stored-sample.ts';

/** From one attempt to read samples from a disk that cannot be read to the next. */
const RETRY_MS = 2_000;

export interface ReaderOptions {
  readonly queue: SampleQueue;
  /** Sees to it that memory holds a segment; whether it does. Never fails. */
  readonly load: (place: Place) => Promise<boolean>;
  /** Calls back when there may be something new; returns a function that takes that back. */
  readonly onChange: (call: () => void) => () => void;
}

/**
 * Reads the waiting samples once, in order, whichever of memory and disk has them. Samples of an earlier process start
 * that come to light late come next. Those that cannot be read just now hold up only the samples of the same process start.
 */
export class SampleReader {
  readonly #options: ReaderOptions;
  /** The last sequence number that was returned of each process start. */
  readonly #positions = new Map<Boot, number>();

  constructor(options: ReaderOptions) {
    this.#options = options;
  }

  /**
   * The next samples, `limit` at most and one at least, for which it waits.
   * @throws the reason of the first signal that aborts.
   */
  async next(limit: number, signals: readonly AbortSignal[]): Promise<readonly Entry[]> {
    for (;;) {
      const { version } = this.#options.queue;
      const entries: Entry[] = [];
      const isComplete = await this.#collect(entries, limit);
      if (entries.length > 0) return entries;
      const isUpToDate = version === this.#options.queue.version;
      if (isUpToDate) await this.#wait(isComplete ? undefined : RETRY_MS, signals);
    }
  }

  /** The next samples that can be read at once; none if there are none. */
  async available(limit: number): Promise<readonly Entry[]> {
    const entries: Entry[] = [];
    await this.#collect(entries, limit);
    return entries;
  }

  /** Collects the next samples; whether all that there are could be read. */
  async #collect(entries: Entry[], limit: number): Promise<boolean> {
    const { queue, load } = this.#options;
    let isComplete = true;
    for (const boot of queue.boots) {
      for (const segment of boot.segments) {
        const position = this.#positions.get(boot) ?? 0;
        if ((segment.present.at(-1)?.[1] ?? 0) <= position) continue;
        if (!segment.isLoaded && entries.length > 0) return true;
        if (!segment.isLoaded && !(await load({ boot, segment }))) {
          isComplete = false;
          break;
        }
        for (const entry of queue.entries({ boot, segment }, position + 1)) {
          if (entries.length >= limit) return true;
          entries.push(entry);
          this.#positions.set(boot, entry.seq);
        }
      }
    }
    return isComplete;
  }

  async #wait(timeoutMs: number | undefined, signals: readonly AbortSignal[]): Promise<void> {
    await untilCalled((call) => {
      const forget = this.#options.onChange(call);
      const timer = timeoutMs === undefined ? undefined : setTimeout(call, timeoutMs);
      return () => {
        forget();
        clearTimeout(timer);
      };
    }, signals);
  }
}
