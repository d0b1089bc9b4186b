import type { SampleQueue, Usage } from './queue.ts';
import type { Segment } from './segment.ts';
import { sizeOf, type DropReason, type Entry, type StoredSample } from './stored-sample.ts';

/** What is dropped when the outbox is full. */
export type FullPolicy = 'drop-oldest' | 'drop-newest';

export interface Bounds {
  readonly maxCount: number;
  /** Of payloads; the store itself takes somewhat more. */
  readonly maxBytes: number;
  readonly maxAgeMs: number;
  readonly whenFull: FullPolicy;
}

/** The current time, by both clocks. */
export interface Now {
  /** `performance.now()`. */
  readonly atMs: number;
  readonly wallMs: number;
  readonly clockSynced: boolean;
}

/** Maximum size of the samples that are in memory alone, because writes fail. */
const MAX_UNSTORED_BYTES = 16_000_000;

export interface RetentionOptions {
  readonly bounds: Bounds;
  readonly now: () => Now;
  /** Loads a segment into memory; resolves to whether it succeeded. Never rejects. */
  readonly load: (segment: Segment) => Promise<boolean>;
  /** Called with samples that were dropped. */
  readonly onDropped: (entries: readonly Entry[], reason: DropReason) => void;
}

/**
 * Keeps the queue within its bounds: drops samples that are too old or exceed a limit. Samples in memory are checked
 * immediately; the others are read from disk in the background.
 */
export class Retention {
  readonly #queue: SampleQueue;
  readonly #options: RetentionOptions;
  #reading: Promise<void> | undefined;
  /** With `drop-newest`: highest sequence number accepted so far. */
  #accepted = 0;

  constructor(queue: SampleQueue, options: RetentionOptions) {
    this.#queue = queue;
    this.#options = options;
  }

  /** The limit that a sample exceeds even if the outbox is empty; undefined if it fits. */
  rejection(sample: StoredSample): DropReason | undefined {
    return exceeded(this.#options.bounds, { count: 1, bytes: sizeOf(sample) });
  }

  /** Drops what can be dropped from memory, and starts to read the rest. */
  enforce(): void {
    const segment = this.#dropLoaded(true);
    if (segment) this.#reading ??= this.#read(segment).finally(() => (this.#reading = undefined));
  }

  /** Called after the samples of earlier starts were found on disk: all samples of this process count as newer. */
  onStoreAttached(): void {
    this.#accepted = 0;
    this.enforce();
  }

  /** Drops the samples of a segment that are only on disk, because they cannot be read. */
  dropUnreadable(segment: Segment): void {
    this.#drop([...this.#queue.unloaded(segment)], 'disk');
  }

  /** Resolves once nothing is being read. */
  async settled(): Promise<void> {
    await this.#reading;
  }

  async #read(first: Segment): Promise<void> {
    for (let segment: Segment | undefined = first; segment; segment = this.#dropLoaded(true)) {
      if (await this.#options.load(segment)) continue;
      this.#dropLoaded(false);
      return;
    }
  }

  /** Drops as much as possible; with `mayRead`, returns a segment that has to be read for the rest. */
  #dropLoaded(mayRead: boolean): Segment | undefined {
    const unread = this.#dropExpired();
    this.#limitUnstored();
    // Dropping the expired samples first may free enough space.
    if (unread && mayRead) return unread;
    if (this.#options.bounds.whenFull === 'drop-oldest') return this.#dropOldest(mayRead);
    this.#rejectNewest();
    return undefined;
  }

  #dropExpired(): Segment | undefined {
    const now = this.#options.now();
    let unread: Segment | undefined;
    for (const segment of this.#queue.segments()) {
      if (!this.#mayHaveExpired(segment, now)) continue;
      if (!segment.isLoaded) {
        unread ??= segment;
        continue;
      }
      const isThisProcess = segment.boot === this.#queue.current;
      const expired = [...this.#queue.entries(segment)].filter((entry) =>
        this.#isExpired(entry, isThisProcess, now),
      );
      this.#drop(expired, 'age');
      segment.updateOldest();
    }
    return unread;
  }

  #dropOldest(mayRead: boolean): Segment | undefined {
    while (exceeded(this.#options.bounds, this.#queue.usage)) {
      const segment = this.#queue.head;
      if (!segment) return undefined;
      if (!segment.isLoaded && mayRead) return segment;
      this.#dropSurplus(segment.isLoaded ? this.#queue.entries(segment) : this.#queue.unloaded(segment));
    }
    return undefined;
  }

  /** Drops candidates in the given order until the limits are met. */
  #dropSurplus(candidates: Iterable<Entry>): void {
    let { usage } = this.#queue;
    const surplus = new Map<DropReason, Entry[]>();
    for (const entry of candidates) {
      const reason = exceeded(this.#options.bounds, usage);
      if (!reason) break;
      usage = { count: usage.count - 1, bytes: usage.bytes - sizeOf(entry) };
      surplus.set(reason, [...(surplus.get(reason) ?? []), entry]);
    }
    for (const [reason, entries] of surplus) this.#drop(entries, reason);
  }

  /** Drops the newest samples that exceed a limit, but none that was accepted before. */
  #rejectNewest(): void {
    if (exceeded(this.#options.bounds, this.#queue.usage)) {
      this.#dropSurplus([...this.#queue.newestAfter(this.#accepted)]);
    }
    const [newest] = this.#queue.newestAfter(this.#accepted);
    if (newest) this.#accepted = newest.seq;
  }

  /** Limits the samples that are in memory alone while writes fail. */
  #limitUnstored(): void {
    while (this.#queue.unstored.bytes > MAX_UNSTORED_BYTES) {
      const dropsNewest = this.#options.bounds.whenFull === 'drop-newest';
      const [surplus] = dropsNewest ? this.#queue.newestAfter(0) : [this.#queue.oldestUnstored];
      if (!surplus) return;
      this.#drop([surplus], 'disk');
    }
  }

  #drop(entries: readonly Entry[], reason: DropReason): void {
    const dropped = entries.filter((entry) => this.#queue.remove(entry)).sort((a, b) => a.seq - b.seq);
    if (dropped.length > 0) this.#options.onDropped(dropped, reason);
  }

  /** Whether a segment may contain an expired sample. */
  #mayHaveExpired({ boot, present, oldestAtMs, oldestWallMs }: Segment, now: Now): boolean {
    if (present.length === 0) return false;
    return boot === this.#queue.current
      ? this.#exceedsMaxAge(now.atMs - oldestAtMs)
      : now.clockSynced && this.#exceedsMaxAge(now.wallMs - oldestWallMs);
  }

  /**
   * Whether a sample is too old: by the monotonic clock if this process took it; otherwise by the wall clock, and only if
   * that was synchronised both then and now, because a clock that starts in 1970 jumps by years when it is synchronised.
   */
  #isExpired({ atMs, wallMs, clockSynced }: StoredSample, isThisProcess: boolean, now: Now): boolean {
    if (isThisProcess) return this.#exceedsMaxAge(now.atMs - atMs);
    return clockSynced && now.clockSynced && this.#exceedsMaxAge(now.wallMs - wallMs);
  }

  #exceedsMaxAge(ageMs: number): boolean {
    return ageMs > this.#options.bounds.maxAgeMs;
  }
}

/** The limit that is exceeded; undefined if none is. */
function exceeded({ maxCount, maxBytes }: Bounds, { count, bytes }: Usage): DropReason | undefined {
  if (count > maxCount) return 'count';
  return bytes > maxBytes ? 'bytes' : undefined;
}
