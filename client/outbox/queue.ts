import { numbersIn, rangesOf, type Ranges } from '../ranges.ts';
import { sizeOf, type Entry, type StoredSample } from './stored-sample.ts';
import { Segment, segmentOf, type SegmentChange, type StoredRows } from './segment.ts';
import type { BootRow } from './store/tables.ts';

/** What waits, or a part of it. */
export interface Fill {
  readonly count: number;
  /** Of payloads. */
  readonly bytes: number;
}

/** A process start and what waits of its samples, oldest first. */
export interface Boot {
  readonly id: string;
  /** Its number in the store; undefined as long as the store is not open. */
  number: number | undefined;
  segments: readonly Segment[];
  /** Whether its row in the store may differ from `bootRow`. */
  isDirty: boolean;
}

/** A sample's place in the queue. */
export interface Place {
  readonly boot: Boot;
  readonly segment: Segment;
}

/** Reads a segment from the disk. @throws what the disk throws. */
export type ReadSegment = (boot: number, segment: number) => Promise<StoredRows>;

/** What one write persists. */
export interface QueueChange {
  readonly segments: readonly (Place & { readonly change: SegmentChange })[];
  readonly boots: readonly { readonly boot: Boot; readonly row: BootRow | undefined }[];
}

/** Segments whose new samples are persisted by one write. */
const SEGMENTS_PER_WRITE = 4;
/** Segments that memory holds although the disk does as well: those read last, and the newest. */
const LOADED_SEGMENTS = 2;

/**
 * The waiting samples in order: those of earlier process starts, then those of this one. Memory knows which there are, and
 * holds the new ones and those that are about to be sent; the rest is on disk alone.
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
  /** Loaded last comes last. */
  #loaded: readonly Segment[] = [];
  readonly #loading = new Map<Segment, Promise<readonly Entry[]>>();

  constructor(bootId: string) {
    this.current = { id: bootId, number: undefined, segments: [], isDirty: false };
    this.#boots = [this.current];
  }

  get boots(): readonly Boot[] {
    return this.#boots;
  }

  /** Changes whenever there may be more to read. */
  get version(): number {
    return this.#version;
  }

  get fill(): Fill {
    return { count: this.#count, bytes: this.#bytes };
  }

  /** What memory alone holds. */
  get unstored(): Fill {
    return { count: this.#unstoredCount, bytes: this.#unstoredBytes };
  }

  /** The oldest samples. */
  get head(): Place | undefined {
    for (const place of this.places()) if (place.segment.present.length > 0) return place;
    return undefined;
  }

  /** The oldest of the samples that memory alone holds. */
  get oldestUnstored(): Entry | undefined {
    for (const segment of this.current.segments) {
      for (const entry of segment.unstored.size > 0 ? this.entries({ boot: this.current, segment }) : []) {
        if (segment.unstored.has(entry.seq)) return entry;
      }
    }
    return undefined;
  }

  /** Samples of this process start behind sequence number `after`, as far as memory holds them, newest first. */
  *newest(after: number): Generator<Entry> {
    for (const segment of this.current.segments.toReversed()) {
      const entries = [...this.entries({ boot: this.current, segment }, after + 1)];
      yield* entries.reverse();
      if ((segment.present[0]?.[0] ?? 0) <= after) return;
    }
  }

  *places(): Generator<Place> {
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
    return this.#placeOf(bootId, seq) !== undefined;
  }

  /** Removes a sample; whether it was there. */
  remove(entry: Entry): boolean {
    const place = this.#placeOf(entry.bootId, entry.seq);
    if (!place) return false;
    this.#change(place.segment, () => place.segment.remove(entry.seq, sizeOf(entry)));
    this.#forget(place);
    return true;
  }

  /** The samples of a segment that memory holds, in order, from sequence number `first` on. */
  *entries({ boot, segment }: Place, first = 0): Generator<Entry> {
    for (const seq of numbersIn(segment.present, first)) {
      const sample = segment.get(seq);
      if (sample) yield { bootId: boot.id, seq, ...sample };
    }
  }

  /**
   * Sees to it that memory holds a segment; returns the samples that turn out to be lost.
   * @throws what the disk throws.
   */
  async load({ boot, segment }: Place, read: ReadSegment): Promise<readonly Entry[]> {
    if (segment.isLoaded) return [];
    const pending = this.#loading.get(segment);
    if (pending) return await pending.then(() => []);
    const loading = this.#read({ boot, segment }, read);
    this.#loading.set(segment, loading);
    try {
      return await loading;
    } finally {
      this.#loading.delete(segment);
      this.#unload();
    }
  }

  /** Puts what a store holds of earlier process starts in front; this one has the number `number` there. */
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

  /** The store was repaired, or replaced: everything in it is to be verified and written again. */
  distrust(): void {
    this.#version += 1;
    this.#loaded = [];
    for (const { boot, segment } of this.places()) {
      segment.distrust();
      boot.isDirty = true;
    }
  }

  /** What the disk does not know yet: all deletions, and the oldest of the new samples. */
  change(): QueueChange {
    const segments: (Place & { change: SegmentChange })[] = [];
    const boots: { boot: Boot; row: BootRow | undefined }[] = [];
    let left = SEGMENTS_PER_WRITE;
    for (const boot of this.#boots) {
      const isNew = new Map<Segment, boolean>();
      for (const segment of boot.segments) {
        if (!segment.isDirty) continue;
        const withSamples = segment.unstored.size === 0 || left > 0;
        if (segment.unstored.size > 0 && withSamples) left -= 1;
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
    return { segments, boots };
  }

  /** Whether there is anything that the disk does not know. */
  get isDirty(): boolean {
    return this.#boots.some((boot) => boot.isDirty || boot.segments.some(({ isDirty }) => isDirty));
  }

  /** A change is on disk. */
  stored({ segments, boots }: QueueChange): void {
    for (const { boot } of boots) boot.isDirty = false;
    for (const { boot, segment, change } of segments) {
      this.#change(segment, () => segment.stored(change));
      this.#forget({ boot, segment });
    }
    this.#boots = this.#boots.filter(
      (boot) => boot === this.current || boot.isDirty || boot.segments.length > 0,
    );
    this.#unload();
  }

  async #read({ boot, segment }: Place, read: ReadSegment): Promise<readonly Entry[]> {
    if (boot.number === undefined) throw new Error('No store is open yet');
    const rows = await read(boot.number, segment.number);
    const lost = this.#change(segment, () => segment.load(rows).lost);
    this.#version += 1;
    this.#touch(segment);
    return lost.map((seq) => ({ bootId: boot.id, seq, payload: '', atMs: 0, wallMs: 0, clockSynced: false }));
  }

  /** Keeps the totals in step with a segment. */
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

  #placeOf(bootId: string, seq: number): Place | undefined {
    const boot = this.#boots.findLast(({ id }) => id === bootId);
    const segment = boot?.segments.find(({ number }) => number === segmentOf(seq));
    return boot && segment?.has(seq) ? { boot, segment } : undefined;
  }

  #touch(segment: Segment): void {
    this.#loaded = [...this.#loaded.filter((other) => other !== segment), segment];
  }

  /** Frees what the disk holds as well, but for what was loaded last and what is new. */
  #unload(): void {
    if (this.#loaded.length <= LOADED_SEGMENTS) return;
    const newest = this.current.segments.at(-1);
    const surplus = this.#loaded.slice(0, -LOADED_SEGMENTS).filter((segment) => segment !== newest);
    for (const segment of surplus) if (!this.#loading.has(segment)) segment.unload();
    this.#loaded = this.#loaded.filter((segment) => !segment.isUnloaded || segment === newest);
  }

  /** Drops a segment that is over, unless new samples go to it. */
  #forget({ boot, segment }: Place): void {
    if (!segment.isGone || segment === this.current.segments.at(-1)) return;
    boot.segments = boot.segments.filter((other) => other !== segment);
    this.#loaded = this.#loaded.filter((other) => other !== segment);
  }
}

/** This process start is on record even without samples, so that its number is not given again. */
function rowOf({ id, segments }: Boot, numbers: Ranges, isCurrent: boolean): BootRow | undefined {
  if (isCurrent) return { id, segments: numbers };
  return numbers.length > 0
    ? { id, segments: numbers, last: segments.at(-1)?.present.at(-1)?.[1] }
    : undefined;
}
