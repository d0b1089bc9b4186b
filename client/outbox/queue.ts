import { numbersIn, rangesOf } from '../ranges.ts';
import { bootOf, rowOf, type Boot } from './boot.ts';
import { sizeOf, type Entry, type StoredSample } from './stored-sample.ts';
import { Segment, segmentOf, type ProcessStart, type SegmentChange, type StoredRows } from './segment.ts';
import type { StoredBoot } from './store/store-scan.ts';
import type { BootRow } from './store/tables.ts';

/** Number and size of samples. */
export interface Usage {
  readonly count: number;
  /** Total size of the payloads. */
  readonly bytes: number;
}

/** Reads a segment from the disk. @throws what the disk throws. */
export type ReadSegment = (boot: number, segment: number) => Promise<StoredRows>;

/** Changes of the queue that one write persists. */
export interface QueueChange {
  readonly segments: readonly { readonly segment: Segment; readonly change: SegmentChange }[];
  readonly boots: readonly { readonly boot: ProcessStart; readonly row: BootRow | undefined }[];
  /** Whether further changes were left for the next write. */
  readonly isPartial: boolean;
}

/** Maximum number of segments whose new samples one write persists, and of others whose samples it deletes. */
const SEGMENTS_PER_WRITE = { puts: 4, deletions: 16 } as const;
/** Number of recently used segments that stay in memory after they were written. */
const LOADED_SEGMENTS = 2;

/**
 * The undelivered samples in order: those of earlier process starts, then those of this one. The index of all samples is
 * in memory, and so are new samples and those that are sent next; the others are only on disk.
 */
export class SampleQueue {
  /** This process start, always the last of `#boots`. */
  readonly #current: Boot;
  /** Called when the last sample is removed. */
  onEmpty: (() => void) | undefined;
  readonly #listeners = new Set<() => void>();
  #boots: readonly Boot[];
  #version = 0;
  #count = 0;
  #bytes = 0;
  #unstoredCount = 0;
  #unstoredBytes = 0;
  #dirtySegments = 0;
  /** Segments in memory, the most recently loaded last. */
  #loaded: readonly Segment[] = [];
  #loading: Segment | undefined;

  constructor(bootId: string) {
    this.#current = { id: bootId, number: undefined, segments: [], isDirty: false };
    this.#boots = [this.#current];
  }

  /** This process start, which comes last. */
  get current(): ProcessStart {
    return this.#current;
  }

  /** The segments of each process start, oldest first. */
  get boots(): readonly (ProcessStart & { readonly segments: readonly Segment[] })[] {
    return this.#boots;
  }

  /** Increases whenever there may be more samples to read. */
  get version(): number {
    return this.#version;
  }

  /** Registers a listener that is called when `version` increases; returns a function that removes it. */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  get usage(): Usage {
    return { count: this.#count, bytes: this.#bytes };
  }

  /** Number and size of the samples that are not on disk. */
  get unstored(): Usage {
    return { count: this.#unstoredCount, bytes: this.#unstoredBytes };
  }

  /** Whether there are changes that are not on disk. */
  get isDirty(): boolean {
    return this.#dirtySegments > 0 || this.#boots.some(({ isDirty }) => isDirty);
  }

  /** The segment with the oldest samples. */
  get head(): Segment | undefined {
    for (const segment of this.segments()) if (segment.present.length > 0) return segment;
    return undefined;
  }

  /** The oldest sample that is not on disk. */
  get oldestUnstored(): Entry | undefined {
    for (const segment of this.segments()) {
      for (const entry of segment.unstoredCount > 0 ? this.entries(segment) : [])
        if (segment.isUnstored(entry.seq)) return entry;
    }
    return undefined;
  }

  /** Loaded samples of this process start with a sequence number above `after`, newest first. */
  *newestAfter(after: number): Generator<Entry> {
    for (const segment of this.#current.segments.toReversed()) {
      const entries = [...this.entries(segment, after + 1)];
      yield* entries.reverse();
      if ((segment.present[0]?.[0] ?? 0) <= after) return;
    }
  }

  /** All segments, oldest first. */
  *segments(): Generator<Segment> {
    for (const boot of this.#boots) yield* boot.segments;
  }

  /** Finds the process start of a sample. */
  bootOf({ bootId }: Entry): ProcessStart | undefined {
    return this.#bootOf(bootId);
  }

  /** Adds a sample of this process start. */
  append(seq: number, sample: StoredSample): void {
    const number = segmentOf(seq);
    let segment = this.#current.segments.at(-1);
    if (segment?.number !== number) {
      segment = new Segment(this.#current, number);
      this.#current.segments = [...this.#current.segments, segment];
      this.#touch(segment);
    }
    this.#change(segment, () => segment.append(seq, sample));
    this.#grown();
  }

  has({ bootId, seq }: Entry): boolean {
    return this.#find(bootId, seq) !== undefined;
  }

  /** Removes a sample; returns whether it was in the queue. */
  remove(entry: Entry): boolean {
    const segment = this.#find(entry.bootId, entry.seq);
    if (!segment) return false;
    this.#change(segment, () => segment.remove(entry.seq, sizeOf(entry)));
    this.#removeEmpty(segment);
    return true;
  }

  /** The loaded samples of a segment, in order, from sequence number `first` on. */
  *entries(segment: Segment, first = 0): Generator<Entry> {
    for (const seq of numbersIn(segment.present, first)) {
      const sample = segment.get(seq);
      if (!sample) continue;
      // V8 of Node 20 never caches properties behind a spread.
      const { payload, atMs, wallMs, clockSynced } = sample;
      yield { bootId: segment.boot.id, seq, payload, atMs, wallMs, clockSynced };
    }
  }

  /** The samples of a segment that are only on disk, in order, with their ids alone. */
  *unloaded(segment: Segment): Generator<Entry> {
    for (const seq of numbersIn(segment.present)) if (!segment.get(seq)) yield entryOf(segment, seq);
  }

  /**
   * Loads a segment into memory, one at a time; returns the samples that are missing on disk.
   * @throws what the disk throws.
   */
  async load(segment: Segment, read: ReadSegment): Promise<readonly Entry[]> {
    const { number } = segment.boot;
    if (number === undefined) throw new Error('No store is open yet');
    this.#loading = segment;
    try {
      const rows = await read(number, segment.number);
      const lost = this.#change(segment, () => segment.load(rows));
      this.#touch(segment);
      this.#grown();
      return lost.map((seq) => entryOf(segment, seq));
    } finally {
      this.#loading = undefined;
      this.#unload();
    }
  }

  /** Inserts the process starts of a store before this one, which has the number `number` in that store. */
  attach(earlier: readonly StoredBoot[], number: number): void {
    this.#current.number = number;
    this.#current.isDirty = true;
    const boots = earlier.map(bootOf);
    this.#boots = [...boots, this.#current];
    for (const segment of boots.flatMap(({ segments }) => segments)) {
      this.#count += segment.count;
      this.#bytes += segment.bytes;
      if (segment.isDirty) this.#dirtySegments += 1;
    }
    this.#grown();
  }

  /** Marks the index and the samples in memory to be written again, after the store was repaired or replaced. */
  invalidateStored(): void {
    for (const boot of this.#boots) boot.isDirty = true;
    for (const segment of this.segments()) this.#change(segment, () => segment.invalidateStored());
    this.#grown();
  }

  /** Changes that are not on disk yet, oldest first, limited in number. */
  change(): QueueChange {
    const segments: { segment: Segment; change: SegmentChange }[] = [];
    const boots: { boot: Boot; row: BootRow | undefined }[] = [];
    const left = { ...SEGMENTS_PER_WRITE } as { puts: number; deletions: number };
    let isPartial = false;
    for (const boot of this.#boots) {
      const hasRow = new Map<Segment, boolean>();
      for (const segment of this.#dirtySegments > 0 ? boot.segments : []) {
        if (!segment.isDirty) continue;
        const withSamples = segment.unstoredCount > 0 && left.puts-- > 0;
        const isDelayed = !withSamples && segment.hasDeletions && left.deletions-- <= 0;
        isPartial ||= isDelayed || (segment.unstoredCount > 0 && !withSamples);
        if (isDelayed) continue;
        const hadRow = segment.mayHaveRow;
        const change = segment.change(withSamples);
        segments.push({ segment, change });
        hasRow.set(segment, change.row !== undefined);
        boot.isDirty ||= hadRow !== (change.row !== undefined);
      }
      if (!boot.isDirty) continue;
      const numbers = boot.segments.filter((segment) => hasRow.get(segment) ?? segment.mayHaveRow);
      boots.push({
        boot,
        row: rowOf(boot, rangesOf(numbers.map(({ number }) => number)), boot === this.#current),
      });
    }
    return { segments, boots, isPartial };
  }

  /** Called after a change was written to disk. */
  stored({ segments, boots }: QueueChange): void {
    const written = new Set(boots.map(({ boot }) => boot));
    for (const boot of this.#boots) if (written.has(boot)) boot.isDirty = false;
    for (const { segment, change } of segments) {
      this.#change(segment, () => segment.stored(change));
      this.#removeEmpty(segment);
    }
    if (boots.length > 0)
      this.#boots = this.#boots.filter(
        (boot) => boot === this.#current || boot.isDirty || boot.segments.length > 0,
      );
    this.#unload();
  }

  /** Changes a segment and updates the totals. */
  #change<T>(segment: Segment, act: () => T): T {
    const { count, bytes, unstoredCount, unstoredBytes, isDirty } = segment;
    const result = act();
    this.#count += segment.count - count;
    this.#bytes += segment.bytes - bytes;
    this.#unstoredCount += segment.unstoredCount - unstoredCount;
    this.#unstoredBytes += segment.unstoredBytes - unstoredBytes;
    this.#dirtySegments += Number(segment.isDirty) - Number(isDirty);
    if (count > 0 && this.#count === 0) this.onEmpty?.();
    return result;
  }

  /** Announces that there may be more samples to read. */
  #grown(): void {
    this.#version += 1;
    for (const call of [...this.#listeners]) call();
  }

  #bootOf(bootId: string): Boot | undefined {
    return this.#boots.findLast(({ id }) => id === bootId);
  }

  #find(bootId: string, seq: number): Segment | undefined {
    const number = segmentOf(seq);
    const segment = this.#bootOf(bootId)?.segments.find((other) => other.number === number);
    return segment?.has(seq) ? segment : undefined;
  }

  #touch(segment: Segment): void {
    this.#loaded = [...this.#loaded.filter((other) => other !== segment), segment];
  }

  /** Unloads segments that are on disk, except for the most recently loaded and the newest. */
  #unload(): void {
    if (this.#loaded.length <= LOADED_SEGMENTS) return;
    const newest = this.#current.segments.at(-1);
    const surplus = this.#loaded.slice(0, -LOADED_SEGMENTS).filter((segment) => segment !== newest);
    for (const segment of surplus) if (segment !== this.#loading) segment.unload();
    this.#loaded = this.#loaded.filter((segment) => !segment.isUnloaded || segment === newest);
  }

  /** Removes an empty segment unless new samples are appended to it. */
  #removeEmpty(segment: Segment): void {
    if (!segment.isDisposable || segment === this.#current.segments.at(-1)) return;
    const boot = this.#boots.find((other) => other === segment.boot);
    if (boot) boot.segments = boot.segments.filter((other) => other !== segment);
    this.#loaded = this.#loaded.filter((other) => other !== segment);
  }
}

/** A sample of which only the id is known. */
function entryOf({ boot }: Segment, seq: number): Entry {
  return { bootId: boot.id, seq, payload: '', atMs: 0, wallMs: 0, clockSynced: false };
}
