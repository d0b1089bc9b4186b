import { throwIfAborted, within } from '../wait.ts';
import type { ReadSegment, SampleQueue } from './queue.ts';
import type { Segment } from './segment.ts';
import type { Entry } from './stored-sample.ts';

/** Maximum wait for samples from disk; a slower read continues in the background. */
const READ_TIMEOUT_MS = 1_000;
/** Failures further apart than this do not count as consecutive: nothing was read in between. */
const MAX_FAILURE_GAP_MS = 60_000;

interface Read {
  readonly segment: Segment;
  readonly beganMs: number;
  /** Resolves to whether the read succeeded. Never rejects. */
  readonly done: Promise<boolean>;
}

export interface LoaderOptions {
  readonly queue: SampleQueue;
  readonly read: ReadSegment;
  /** Called with samples that should be on disk but are not. */
  readonly onLost: (entries: readonly Entry[]) => void;
}

/**
 * Loads segments into memory, with one read at a time: on a slow disk, segments that are read in parallel evict each other
 * before anyone uses them.
 */
export class SegmentLoader {
  readonly #options: LoaderOptions;
  #reading: Read | undefined;
  /** Times of the first and the last of consecutive failures. */
  #failures: { readonly firstMs: number; readonly lastMs: number } | undefined;

  constructor(options: LoaderOptions) {
    this.#options = options;
  }

  /** Time for which every read has failed or hung; 0 if the last one succeeded. */
  get failingForMs(): number {
    const sinceMs = this.#failures?.firstMs ?? this.#reading?.beganMs;
    return sinceMs === undefined ? 0 : performance.now() - sinceMs;
  }

  /**
   * Loads a segment; resolves to whether it is loaded. While a read is slow, resolves to false at once.
   * @throws the reason of the first signal that aborts.
   */
  async load(segment: Segment, signals: readonly AbortSignal[] = []): Promise<boolean> {
    const beganMs = performance.now();
    for (;;) {
      for (const signal of signals) throwIfAborted(signal);
      if (segment.isLoaded) return true;
      const read = this.#reading ?? this.#begin(segment);
      const timeoutMs = Math.min(beganMs, read.beganMs) + READ_TIMEOUT_MS - performance.now();
      if (timeoutMs <= 0) return false;
      const isRead = await within<boolean>({ timeoutMs, what: 'Reading the outbox', signals }, (succeed) => {
        void read.done.then(succeed);
        return undefined;
      }).catch(() => false);
      if (!isRead || read.segment === segment) return isRead;
    }
  }

  #begin(segment: Segment): Read {
    const done = this.#read(segment).then((isRead) => {
      this.#reading = undefined;
      this.#failures = isRead ? undefined : this.#failedAt(performance.now());
      return isRead;
    });
    const read: Read = { segment, beganMs: performance.now(), done };
    this.#reading = read;
    return read;
  }

  async #read(segment: Segment): Promise<boolean> {
    const { queue, read, onLost } = this.#options;
    try {
      const lost = await queue.load(segment, read);
      if (lost.length > 0) onLost(lost);
      return true;
    } catch {
      return false;
    }
  }

  #failedAt(lastMs: number): { readonly firstMs: number; readonly lastMs: number } {
    const earlier = this.#failures;
    const isConsecutive = earlier && lastMs - earlier.lastMs <= MAX_FAILURE_GAP_MS;
    return { firstMs: isConsecutive ? earlier.firstMs : lastMs, lastMs };
  }
}
