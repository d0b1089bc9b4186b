import { numbersIn, rangesOf, type Ranges } from '../ranges.ts';
import { sizeOf, type Entry, type StoredSample } from './stored-sample.ts';
import { Segment, segmentOf, type SegmentChange, type StoredRows } from './segment.ts';
import type { BootRow } from './store/tables.ts';

/** Number and size of samples. */
export interface Usage {
  readonly count: number;
  /** Total size of the payloads. */
  readonly bytes: number;
}

/** A process start and the segments of its undelivered samples, oldest first. */
export interface Boot {
  readonly id: string;
  /** Its number in the store; undefined until the store is open. */
  number: number | undefined;
  segments: readonly Segment[];
  /** Whether its row in the store may differ from `bootRow`. */
  isDirty: boolean;
}

/** A segment and the process start that it belongs to. */
export interface SegmentRef {
  readonly boot: Boot;
  readonly segment: Segment;
}

/** Reads a segment from the disk. @throws what the disk throws. */
export type ReadSegment = (boot: number, segment: number) => Promise<StoredRows>;

/** Changes of the queue that one write persists. */
export interface QueueChange {
  readonly segments: readonly (SegmentRef & { readonly change: SegmentChange })[];
  readonly boots: readonly { readonly boot: Boot; readonly row: BootRow | undefined }[];
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
  /** This process start, always the last of `boots`. */
  readonly current: Boot;
  #boots: readonly Boot[];
  #version = 0;
  #count = 0;
  #bytes = 0;
  #unstoredCount = 0;
  #unstoredBytes = 0;
  /** Segments in memory, the most recently loaded last. */
  #loaded: readonly Segment[] = [];
  #loading: Segment | undefined;

  constructor(bootId: string) {
    this.current = { id: bootId, number: undefined, segments: [], isDirty: false };
    this.#boots = [this.current];
  }

  get boots(): readonly Boot[] {
    return this.#boots;
  }

  /** Increases whenever there may be more samples to read. */
  get version(): number {
    return this.#version;
  }

  get usage(): Usage {
    return { count: this.#count, bytes: this.#bytes };
  }

  /** Number and size of the samples that are not on disk. */
  get unstored(): Usage {
    return { count: this.#unstoredCount, bytes: this.#unstoredBytes };
  }

  /** The segment with the oldest samples. */
  get head(): SegmentRef | undefined {
    for (const ref of this.segmentRefs()) if (ref.segment.present.length > 0) return ref;
    return undefined;
  }

  /** The oldest sample that is not on disk. */
  get oldestUnstored(): Entry | undefined {
    for (const ref of this.segmentRefs()) {
      const { unstored } = ref.segment;
      for (const entry of unstored.size > 0 ? this.entries(ref) : [])
        if (unstored.has(entry.seq)) return entry;
    }
    return undefined;
  }

  /** Loaded samples of this process start with a sequence number above `after`, newest first. */
  *newestAfter(after: number): Generator<Entry> {
    for (const segment of this.current.segments.toReversed()) {
      const entries = [...this.entries({ boot: this.current, segment }, after + 1)];
      yield* entries.reverse();
      if ((segment.present[0]?.[0] ?? 0) <= after) return;
    }
  }

  *segmentRefs(): Generator<SegmentRef> {
    for (const boot of this.#boots) for (const segment of boot.segments) yield { boot, segment };
  }

  /** Adds a sample of this process start. */
  append(seq: number, sample: StoredSample): void {
    const number = segmentOf(seq);
    let segment = this.current.segments.at(-1);
    if (segment?.number !== number) {
      segment = Segment.empty(number);
      this.current.segments = [...this.current.segments, segment];
      this.#touch(segment);
    }
    this.#change(segment, () => segment.append(seq, sample));
    this.#version += 1;
  }

  has({ bootId, seq }: Entry): boolean {
    return this.#find(bootId, seq) !== undefined;
  }

  /** Removes a sample; returns whether it was in the queue. */
  remove(entry: Entry): boolean {
    const ref = this.#find(entry.bootId, entry.seq);
    if (!ref) return false;
    this.#change(ref.segment, () => ref.segment.remove(entry.seq, sizeOf(entry)));
    this.#removeEmpty(ref);
    return true;
  }

  /** The loaded samples of a segment, in order, from sequence number `first` on. */
  *entries({ boot, segment }: SegmentRef, first = 0): Generator<Entry> {
    for (const seq of numbersIn(segment.present, first)) {
      const sample = segment.get(seq);
      if (!sample) continue;
      // V8 of Node 20 never caches properties behind a spread.
      const { payload, atMs, wallMs, clockSynced } = sample;
      yield { bootId: boot.id, seq, payload, atMs, wallMs, clockSynced };
    }
  }

  /** The samples of a segment that are only on disk, in order, with their ids alone. */
  *unloaded({ boot, segment }: SegmentRef): Generator<Entry> {
    for (const seq of numbersIn(segment.present)) if (!segment.get(seq)) yield entryOf(boot, seq);
  }

  /**
   * Loads a segment into memory, one at a time; returns the samples that are missing on disk.
   * @throws what the disk throws.
   */
  async load({ boot, segment }: SegmentRef, read: ReadSegment): Promise<readonly Entry[]> {
    if (boot.number === undefined) throw new Error('No store is open yet');
    this.#loading = segment;
    try {
      const rows = await read(boot.number, segment.number);
      const lost = this.#change(segment, () => segment.load(rows).lost);
      this.#version += 1;
      this.#touch(segment);
      return lost.map((seq) => entryOf(boot, seq));
    } finally {
      this.#loading = undefined;
      this.#unload();
    }
  }

  /** Inserts the process starts of a store before this one, which has the number `number` in that store. */
  attach(earlier: readonly Boot[], number: number): void {
    this.#version += 1;
    this.current.number = number;
    this.current.isDirty = true;
    this.#boots = [...earlier, this.current];
    for (const { segments } of earlier) {
      for (const segment of segments) this.#count += segment.count;
      for (const segment of segments) this.#bytes += segment.bytes;
    }
  }

  /** Marks the index and the samples in memory to be written again, after the store was repaired or replaced. */
  invalidateStored(): void {
    this.#version += 1;
    for (const { boot, segment } of this.segmentRefs()) {
      this.#change(segment, () => segment.invalidateStored());
      boot.isDirty = true;
    }
  }

  /** Changes that are not on disk yet, oldest first, limited in number. */
  change(): QueueChange {
    const segments: (SegmentRef & { change: SegmentChange })[] = [];
    const boots: { boot: Boot; row: BootRow | undefined }[] = [];
    const left = { ...SEGMENTS_PER_WRITE } as { puts: number; deletions: number };
    let isPartial = false;
    for (const boot of this.#boots) {
      const isNew = new Map<Segment, boolean>();
      for (const segment of boot.segments) {
        if (!segment.isDirty) continue;
        const withSamples = segment.unstored.size > 0 && left.puts-- > 0;
        const isDelayed = !withSamples && segment.hasDeletions && left.deletions-- <= 0;
        isPartial ||= isDelayed || (segment.unstored.size > 0 && !withSamples);
        if (isDelayed) continue;
        const hadRow = segment.mayHaveRow;
        const change = segment.change(withSamples);
        segments.push({ boot, segment, change });
        isNew.set(segment, change.row !== undefined);
        boot.isDirty ||= hadRow !== (change.row !== undefined);
      }
      if (!boot.isDirty) continue;
      const numbers = boot.segments.filter((segment) => isNew.get(segment) ?? segment.mayHaveRow);
      boots.push({
        boot,
        row: rowOf(boot, rangesOf(numbers.map(({ number }) => number)), boot === this.current),
      });
    }
    return { segments, boots, isPartial };
  }

  /** Whether there are changes that are not on disk. */
  get isDirty(): boolean {
    return this.#boots.some((boot) => boot.isDirty || boot.segments.some(({ isDirty }) => isDirty));
  }

  /** Called after a change was written to disk. */
  stored({ segments, boots }: QueueChange): void {
    for (const { boot } of boots) boot.isDirty = false;
    for (const { boot, segment, change } of segments) {
      this.#change(segment, () => segment.stored(change));
      this.#removeEmpty({ boot, segment });
    }
    this.#boots = this.#boots.filter(
      (boot) => boot === this.current || boot.isDirty || boot.segments.length > 0,
    );
    this.#unload();
  }

  /** Changes a segment and updates the totals. */
  #change<T>(segment: Segment, act: () => T): T {
    const { count, bytes, unstored, unstoredBytes } = segment;
    const unstoredCount = unstored.size;
    const result = act();
    this.#count += segment.count - count;
    this.#bytes += segment.bytes - bytes;
    this.#unstoredCount += segment.unstored.size - unstoredCount;
    this.#unstoredBytes += segment.unstoredBytes - unstoredBytes;
    return result;
  }

  #find(bootId: string, seq: number): SegmentRef | undefined {
    const boot = this.#boots.findLast(({ id }) => id === bootId);
    const segment = boot?.segments.find(({ number }) => number === segmentOf(seq));
    return boot && segment?.has(seq) ? { boot, segment } : undefined;
  }

  #touch(segment: Segment): void {
    this.#loaded = [...this.#loaded.filter((other) => other !== segment), segment];
  }

  /** Unloads segments that are on disk, except for the most recently loaded and the newest. */
  #unload(): void {
    if (this.#loaded.length <= LOADED_SEGMENTS) return;
    const newest = this.current.segments.at(-1);
    const surplus = this.#loaded.slice(0, -LOADED_SEGMENTS).filter((segment) => segment !== newest);
    for (const segment of surplus) if (segment !== this.#loading) segment.unload();
    this.#loaded = this.#loaded.filter((segment) => !segment.isUnloaded || segment === newest);
  }

  /** Removes an empty segment unless new samples are appended to it. */
  #removeEmpty({ boot, segment }: SegmentRef): void {
    if (!segment.isDisposable || segment === this.current.segments.at(-1)) return;
    boot.segments = boot.segments.filter((other) => other !== segment);
    this.#loaded = this.#loaded.filter((other) => other !== segment);
  }
}

/** A sample of which only the id is known. */
function entryOf({ id }: Boot, seq: number): Entry {
  return { bootId: id, seq, payload: '', atMs: 0, wallMs: 0, clockSynced: false };
}

/** The row of this process start is stored even without samples, so that its number is not used again. */
function rowOf({ id, segments }: Boot, numbers: Ranges, isThisProcess: boolean): BootRow | undefined {
  if (isThisProcess) return { id, segments: numbers };
  return numbers.length > 0
    ? { id, segments: numbers, last: segments.at(-1)?.present.at(-1)?.[1] }
    : undefined;
}
