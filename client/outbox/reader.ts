import { throwIfAborted, untilCalled } from '../wait.ts';
import type { Boot, SegmentRef, SampleQueue } from './queue.ts';
import type { Entry } from './stored-sample.ts';

/** Interval between attempts while samples cannot be read from disk. */
const RETRY_MS = 2_000;

export interface ReaderOptions {
  readonly queue: SampleQueue;
  /** Loads a segment into memory; resolves to whether it succeeded. @throws the reason of a signal. */
  readonly load: (ref: SegmentRef, signals: readonly AbortSignal[]) => Promise<boolean>;
  /** Drops samples in memory that exceed a bound, such as the maximum age. */
  readonly enforceBounds: () => void;
  /** Registers a listener for changes of the queue; returns a function that removes it. */
  readonly onChange: (call: () => void) => () => void;
}

/**
 * Returns each undelivered sample once, in order, from memory or disk. Samples of earlier process starts that are found
 * later are returned next. Samples that cannot be read delay only later samples of the same process start.
 */
export class SampleReader {
  readonly #options: ReaderOptions;
  /** The last sequence number returned, by process start. */
  readonly #positions = new Map<Boot, number>();

  constructor(options: ReaderOptions) {
    this.#options = options;
  }

  /**
   * Waits for samples, and returns the next one to `limit` of them.
   * @throws the reason of the first signal that aborts.
   */
  async next(limit: number, signals: readonly AbortSignal[]): Promise<readonly Entry[]> {
    for (;;) {
      for (const signal of signals) throwIfAborted(signal);
      const { version } = this.#options.queue;
      const entries: Entry[] = [];
      const isComplete = await this.#collect(entries, limit, signals);
      if (entries.length > 0) return entries;
      const isUpToDate = version === this.#options.queue.version;
      if (isUpToDate) await this.#wait(isComplete ? undefined : RETRY_MS, signals);
    }
  }

  /** Returns the next samples that can be read now; may be empty. */
  async available(limit: number): Promise<readonly Entry[]> {
    const entries: Entry[] = [];
    await this.#collect(entries, limit, []);
    return entries;
  }

  /** Collects the next samples; resolves to whether all of them could be read. */
  async #collect(entries: Entry[], limit: number, signals: readonly AbortSignal[]): Promise<boolean> {
    const { queue, load, enforceBounds } = this.#options;
    let isComplete = true;
    enforceBounds();
    for (const boot of queue.boots) {
      for (const segment of boot.segments) {
        const position = this.#positions.get(boot) ?? 0;
        if ((segment.present.at(-1)?.[1] ?? 0) <= position) continue;
        if (!segment.isLoaded && entries.length > 0) return true;
        if (!segment.isLoaded) {
          if (!(await load({ boot, segment }, signals))) {
            isComplete = false;
            break;
          }
          enforceBounds();
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
      const removeListener = this.#options.onChange(call);
      const timer = timeoutMs === undefined ? undefined : setTimeout(call, timeoutMs);
      return () => {
        removeListener();
        clearTimeout(timer);
      };
    }, signals);
  }
}
