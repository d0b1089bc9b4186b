import type { Fill, Place, SampleQueue } from './queue.ts';
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

/** How the present moment is known. */
export interface Now {
  /** `performance.now()`. */
  readonly atMs: number;
  readonly wallMs: number;
  readonly clockSynced: boolean;
}

/** What samples may take of memory while the disk takes none. */
const MAX_UNSTORED_BYTES = 16_000_000;

export interface RetentionOptions {
  readonly bounds: Bounds;
  readonly now: () => Now;
  /** Sees to it that memory holds a segment; whether it does. Never fails. */
  readonly load: (place: Place) => Promise<boolean>;
  /** Is told of samples that are dropped. */
  readonly onDropped: (entries: readonly Entry[], reason: DropReason) => void;
}

/**
 * Keeps the queue within its bounds: what is too old goes, and what is too much. What memory holds is judged at once; the
 * rest is read first, which never holds anything up.
 */
export class Retention {
  readonly #queue: SampleQueue;
  readonly #options: RetentionOptions;
  #reading: Promise<void> | undefined;
  #isUnreadable = false;
  /** The last sequence number for which there was room when it came, if the newest samples have to go. */
  #accepted = 0;

  constructor(queue: SampleQueue, options: RetentionOptions) {
    this.#queue = queue;
    this.#options = options;
  }

  /** Why there can never be room for a sample; undefined if there can. */
  rejection(sample: StoredSample): DropReason | undefined {
    return exceeded(this.#options.bounds, { count: 1, bytes: sizeOf(sample) });
  }

  /** Drops what has to go, as far as memory knows it, and begins to read the rest. */
  enforce(): void {
    const place = this.#dropKnown();
    if (place) this.#reading ??= this.#read(place).finally(() => (this.#reading = undefined));
  }

  /** Samples of earlier process starts have come to light: this one's are all new beside them. */
  attached(): void {
    this.#accepted = 0;
    this.enforce();
  }

  /** Resolves once nothing is being read. */
  async settled(): Promise<void> {
    await this.#reading;
  }

  async #read(first: Place): Promise<void> {
    for (let place: Place | undefined = first; place; place = this.#dropKnown()) {
      this.#isUnreadable = !(await this.#options.load(place));
      if (this.#isUnreadable) {
        this.#dropKnown();
        return;
      }
    }
  }

  /** Drops as much as possible; returns a segment that has to be read for the rest. */
  #dropKnown(): Place | undefined {
    const aged = this.#dropAged();
    this.#relieveMemory();
    // What is too old makes room for what is not.
    if (aged && !this.#isUnreadable) return aged;
    if (this.#options.bounds.whenFull === 'drop-oldest') return this.#dropOldest();
    this.#rejectNewest();
    return undefined;
  }

  #dropAged(): Place | undefined {
    const now = this.#options.now();
    let unread: Place | undefined;
    for (const place of this.#queue.places()) {
      if (!this.#mayBeTooOld(place, now)) continue;
      if (!place.segment.isLoaded) {
        unread ??= place;
        continue;
      }
      const isCurrent = place.boot === this.#queue.current;
      const old = [...this.#queue.entries(place)].filter((entry) => this.#isTooOld(entry, isCurrent, now));
      this.#drop(old, 'age');
      place.segment.measureAges();
    }
    return unread;
  }

  #dropOldest(): Place | undefined {
    while (exceeded(this.#options.bounds, this.#queue.fill)) {
      const place = this.#queue.head;
      if (!place?.segment.isLoaded) return place;
      this.#dropSurplus(this.#queue.entries(place));
    }
    return undefined;
  }

  /** Drops as many as are too many, in this order. */
  #dropSurplus(candidates: Iterable<Entry>): void {
    let { fill } = this.#queue;
    const surplus = new Map<DropReason, Entry[]>();
    for (const entry of candidates) {
      const reason = exceeded(this.#options.bounds, fill);
      if (!reason) break;
      fill = { count: fill.count - 1, bytes: fill.bytes - sizeOf(entry) };
      surplus.set(reason, [...(surplus.get(reason) ?? []), entry]);
    }
    for (const [reason, entries] of surplus) this.#drop(entries, reason);
  }

  /** What was accepted once is not rejected later. */
  #rejectNewest(): void {
    if (exceeded(this.#options.bounds, this.#queue.fill)) {
      this.#dropSurplus([...this.#queue.newest(this.#accepted)]);
    }
    const [newest] = this.#queue.newest(this.#accepted);
    if (newest) this.#accepted = newest.seq;
  }

  /** While the disk takes nothing, memory holds no more than it may. */
  #relieveMemory(): void {
    while (this.#queue.unstored.bytes > MAX_UNSTORED_BYTES) {
      const isNewest = this.#options.bounds.whenFull === 'drop-newest';
      const [surplus] = isNewest ? this.#queue.newest(0) : [this.#queue.oldestUnstored];
      if (!surplus) return;
      this.#drop([surplus], 'disk');
    }
  }

  #drop(entries: readonly Entry[], reason: DropReason): void {
    const dropped = entries.filter((entry) => this.#queue.remove(entry)).sort((a, b) => a.seq - b.seq);
    if (dropped.length > 0) this.#options.onDropped(dropped, reason);
  }

  /** Whether there may be a sample in a segment that is too old. */
  #mayBeTooOld({ boot, segment }: Place, now: Now): boolean {
    if (segment.present.length === 0) return false;
    const { oldestAtMs, oldestWallMs } = segment;
    return boot === this.#queue.current
      ? this.#isOver(now.atMs - oldestAtMs)
      : now.clockSynced && this.#isOver(now.wallMs - oldestWallMs);
  }

  /**
   * Whether a sample is too old. Those of this process are as old as the monotonic clock says. Those of earlier ones are
   * judged by the wall clock only if it was right both then and now: one that starts in 1970 jumps by years.
   */
  #isTooOld({ atMs, wallMs, clockSynced }: StoredSample, isCurrent: boolean, now: Now): boolean {
    if (isCurrent) return this.#isOver(now.atMs - atMs);
    return clockSynced && now.clockSynced && this.#isOver(now.wallMs - wallMs);
  }

  #isOver(ageMs: number): boolean {
    return ageMs > this.#options.bounds.maxAgeMs;
  }
}

/** Which limit is passed; undefined if none is. */
function exceeded({ maxCount, maxBytes }: Bounds, { count, bytes }: Fill): DropReason | undefined {
  if (count > maxCount) return 'count';
  return bytes > maxBytes ? 'bytes' : undefined;
}
