import { throwIfAborted, untilCalled } from '../wait.ts';
import type { SampleQueue } from './queue.ts';
import type { Retention } from './retention.ts';
import type { ProcessStart, Segment } from './segment.ts';
import type { SegmentLoader } from './segment-loader.ts';
import type { Entry } from './stored-sample.ts';

/** Interval between attempts while samples cannot be read from disk. */
const RETRY_MS = 2_000;
/** Time after which samples that cannot be read no longer delay newer samples of the same process start. */
const MAX_UNREADABLE_MS = 3_600_000;

/**
 * Returns each undelivered sample once, in order, from memory or disk. Samples of earlier process starts that are found
 * later are returned next. Samples that cannot be read delay only later samples of the same process start.
 */
export class SampleReader {
  readonly #queue: SampleQueue;
  readonly #loader: SegmentLoader;
  /** Drops samples that have become too old, and those that cannot be read for long. */
  readonly #retention: Retention;
  /** The last sequence number returned, by process start. */
  readonly #positions = new Map<ProcessStart, number>();

  constructor(queue: SampleQueue, loader: SegmentLoader, retention: Retention) {
    this.#queue = queue;
    this.#loader = loader;
    this.#retention = retention;
  }

  /**
   * Waits for samples, and returns the next one to `limit` of them.
   * @throws the reason of the first signal that aborts.
   */
  async next(limit: number, signals: readonly AbortSignal[]): Promise<readonly Entry[]> {
    for (;;) {
      for (const signal of signals) throwIfAborted(signal);
      const { version } = this.#queue;
      const entries: Entry[] = [];
      const isComplete = await this.#collect(entries, limit, signals);
      if (entries.length > 0) return entries;
      const isUpToDate = version === this.#queue.version;
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
    let isComplete = true;
    this.#retention.enforce();
    for (const boot of this.#queue.boots) {
      for (const segment of boot.segments) {
        const position = this.#positions.get(boot) ?? 0;
        if ((segment.present.at(-1)?.[1] ?? 0) <= position) continue;
        if (!segment.isLoaded && entries.length > 0) return true;
        if (!segment.isLoaded) {
          if (!(await this.#load(segment, signals))) {
            isComplete = false;
            break;
          }
          this.#retention.enforce();
        }
        for (const entry of this.#queue.entries(segment, position + 1)) {
          if (entries.length >= limit) return true;
          entries.push(entry);
          this.#positions.set(boot, entry.seq);
        }
      }
    }
    return isComplete;
  }

  /** Loads a segment; if it cannot be read for long, drops it to deliver the samples after it. */
  async #load(segment: Segment, signals: readonly AbortSignal[]): Promise<boolean> {
    if (await this.#loader.load(segment, signals)) return true;
    // Samples of earlier process starts delay no others.
    if (segment.boot !== this.#queue.current || this.#loader.failingForMs < MAX_UNREADABLE_MS) return false;
    this.#retention.dropUnreadable(segment);
    return true;
  }

  async #wait(timeoutMs: number | undefined, signals: readonly AbortSignal[]): Promise<void> {
    await untilCalled((call) => {
      const removeListener = this.#queue.onChange(call);
      const timer = timeoutMs === undefined ? undefined : setTimeout(call, timeoutMs);
      return () => {
        removeListener();
        clearTimeout(timer);
      };
    }, signals);
  }
}
