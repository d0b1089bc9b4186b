import { countOf, excluding, includes, including, numbersIn, type Ranges } from '../ranges.ts';
import { sizeOf, type StoredSample } from './stored-sample.ts';
import type { SegmentRow } from './store/tables.ts';

/** Number of sequence numbers in a segment, the unit of reading from disk. */
const LENGTH = 256;

/** The segment to which a sequence number belongs. */
export function segmentOf(seq: number): number {
  return Math.floor((seq - 1) / LENGTH);
}

/** The first and the last sequence number of a segment. */
export function limitsOf(segment: number): readonly [first: number, last: number] {
  return [segment * LENGTH + 1, (segment + 1) * LENGTH];
}

/** Rows of a segment on disk, by sequence number; undefined for a damaged row. */
export type StoredRows = ReadonlyMap<number, StoredSample | undefined>;

/** Result of loading a segment. */
export interface LoadResult {
  /** Sequence numbers of samples that should be on disk but are not. */
  readonly lost: readonly number[];
}

/** Changes of a segment that one write persists. */
export interface SegmentChange {
  /** Samples to put, with their sequence numbers. */
  readonly puts: readonly (readonly [seq: number, sample: StoredSample])[];
  /** Sequence numbers to delete. */
  readonly deletions: readonly number[];
  /** Undefined if the row is to be deleted. */
  readonly row: SegmentRow | undefined;
  readonly version: number;
}

/**
 * The undelivered samples of one process start in a range of sequence numbers: which exist, which are in memory, and
 * which changes are not on disk yet. All writes are idempotent, because a failed write may have been applied in part.
 */
export class Segment {
  readonly number: number;
  #present: Ranges = [];
  #bytes = 0;
  /** Oldest times of its samples: exact after it was loaded; later they may be older than any remaining sample. */
  #oldestAtMs = Infinity;
  #oldestWallMs = Infinity;
  readonly #samples = new Map<number, StoredSample>();
  /** Sequence numbers of samples that are not known to be on disk. */
  readonly #unstored = new Set<number>();
  #unstoredBytes = 0;
  /** Unstored samples that a failed write may have put on disk. */
  readonly #attempted = new Set<number>();
  readonly #deletions = new Set<number>();
  /** Removed before the segment was read from disk for the first time. */
  readonly #removedUnread = new Set<number>();
  #isRead: boolean;
  #mayHaveRow: boolean;
  #version = 0;
  #storedVersion = 0;

  private constructor(number: number, row?: SegmentRow) {
    this.number = number;
    this.#isRead = row === undefined;
    this.#mayHaveRow = row !== undefined;
    if (!row) return;
    this.#present = row.present;
    this.#bytes = row.bytes;
    this.#oldestWallMs = row.oldestWallMs ?? Infinity;
  }

  /** Creates a segment without samples. */
  static empty(number: number): Segment {
    return new Segment(number);
  }

  /** Creates a segment that is on disk and not loaded. */
  static stored(number: number, row: SegmentRow): Segment {
    return new Segment(number, row);
  }

  get present(): Ranges {
    return this.#present;
  }

  get count(): number {
    return countOf(this.#present);
  }

  get bytes(): number {
    return this.#bytes;
  }

  get oldestAtMs(): number {
    return this.#oldestAtMs;
  }

  get oldestWallMs(): number {
    return this.#oldestWallMs;
  }

  /** Whether all of its samples are in memory. */
  get isLoaded(): boolean {
    return this.#samples.size === this.count;
  }

  /** Whether none of its samples is in memory. */
  get isUnloaded(): boolean {
    return this.#samples.size === 0;
  }

  /** Whether it has no samples, in memory or on disk, and can be removed. */
  get isDisposable(): boolean {
    return this.#present.length === 0 && !this.isDirty && !this.#mayHaveRow;
  }

  /** Whether it has changes that are not on disk. */
  get isDirty(): boolean {
    return (
      this.#unstored.size > 0 ||
      this.#deletions.size > 0 ||
      (this.#version !== this.#storedVersion && (this.#mayHaveRow || this.#present.length > 0))
    );
  }

  /** Whether there may be a row for it on disk. */
  get mayHaveRow(): boolean {
    return this.#mayHaveRow;
  }

  /** Sequence numbers of samples that are not on disk, in order. */
  get unstored(): ReadonlySet<number> {
    return this.#unstored;
  }

  /** Whether samples are to be deleted from disk. */
  get hasDeletions(): boolean {
    return this.#deletions.size > 0;
  }

  /** Size of the samples that are not on disk. */
  get unstoredBytes(): number {
    return this.#unstoredBytes;
  }

  has(seq: number): boolean {
    return includes(this.#present, seq);
  }

  /** Returns a sample if it is in memory. */
  get(seq: number): StoredSample | undefined {
    return this.#samples.get(seq);
  }

  /** Adds a new sample. */
  append(seq: number, sample: StoredSample): void {
    this.#add(seq, sample);
    this.#unstored.add(seq);
    this.#unstoredBytes += sizeOf(sample);
    this.#version += 1;
  }

  /** Removes a sample of `bytes` bytes. */
  remove(seq: number, bytes: number): void {
    this.#present = excluding(this.#present, seq);
    this.#bytes = this.#present.length === 0 ? 0 : Math.max(0, this.#bytes - bytes);
    this.#samples.delete(seq);
    // A sample that was never written need not be deleted from disk.
    const mayBeStored = !this.#unstored.has(seq) || this.#attempted.has(seq);
    this.#settle(seq, bytes);
    if (mayBeStored) this.#deletions.add(seq);
    if (!this.#isRead) this.#removedUnread.add(seq);
    this.#version += 1;
  }

  /** Adds rows that were read from disk. Rows missing in the index are added only by the first read. */
  load(rows: StoredRows): LoadResult {
    for (const [seq, sample] of rows) {
      if (!sample || this.#samples.has(seq)) continue;
      if (this.has(seq)) this.#samples.set(seq, sample);
      else if (!this.#isRead && !this.#removedUnread.has(seq)) this.#add(seq, sample);
    }
    const lost = [...numbersIn(this.#present)].filter((seq) => !this.#samples.has(seq));
    for (const seq of lost) this.remove(seq, 0);
    // Damaged rows are deleted, and rows of removed samples that a repair has brought back.
    for (const seq of rows.keys()) if (!this.has(seq)) this.#deletions.add(seq);
    this.#isRead = true;
    this.#removedUnread.clear();
    this.#bytes = 0;
    for (const sample of this.#samples.values()) this.#bytes += sizeOf(sample);
    this.updateOldest();
    return { lost };
  }

  /** Recomputes the oldest times; all samples must be loaded. */
  updateOldest(): void {
    this.#oldestAtMs = Infinity;
    this.#oldestWallMs = Infinity;
    for (const sample of this.#samples.values()) this.#includeTime(sample);
  }

  /** Frees the memory of samples that are on disk. */
  unload(): void {
    for (const seq of this.#samples.keys()) if (!this.#unstored.has(seq)) this.#samples.delete(seq);
  }

  /** Marks the samples in memory and the row to be written again, after the store was repaired or replaced. */
  invalidateStored(): void {
    for (const [seq, sample] of this.#samples) {
      this.#attempted.add(seq);
      if (this.#unstored.has(seq)) continue;
      this.#unstored.add(seq);
      this.#unstoredBytes += sizeOf(sample);
    }
    this.#version += 1;
  }

  /** Changes to write; without new samples if `withSamples` is false. */
  change(withSamples: boolean): SegmentChange {
    const puts: [number, StoredSample][] = [];
    for (const seq of withSamples ? this.#unstored : []) {
      const sample = this.#samples.get(seq);
      if (sample) puts.push([seq, sample]);
      this.#attempted.add(seq);
    }
    const row = this.#rowWithout(withSamples ? [] : this.#unstored);
    this.#mayHaveRow ||= row !== undefined;
    const version = !withSamples && this.#unstored.size > 0 ? this.#storedVersion : this.#version;
    return { puts, deletions: [...this.#deletions], row, version };
  }

  /** Called after a change was written to disk. */
  stored({ puts, deletions, row, version }: SegmentChange): void {
    for (const [seq, sample] of puts) this.#settle(seq, sizeOf(sample));
    for (const seq of deletions) this.#deletions.delete(seq);
    this.#mayHaveRow = row !== undefined;
    this.#storedVersion = version;
  }

  /** Marks a sample as no longer unstored: it was written or removed. */
  #settle(seq: number, bytes: number): void {
    if (this.#unstored.delete(seq)) this.#unstoredBytes -= bytes;
    this.#attempted.delete(seq);
  }

  #add(seq: number, sample: StoredSample): void {
    this.#samples.set(seq, sample);
    this.#present = including(this.#present, seq);
    this.#bytes += sizeOf(sample);
    this.#includeTime(sample);
  }

  #includeTime({ atMs, wallMs, clockSynced }: StoredSample): void {
    this.#oldestAtMs = Math.min(this.#oldestAtMs, atMs);
    if (clockSynced) this.#oldestWallMs = Math.min(this.#oldestWallMs, wallMs);
  }

  #rowWithout(absent: Iterable<number>): SegmentRow | undefined {
    let present = this.#present;
    let bytes = this.#bytes;
    for (const seq of absent) {
      const sample = this.#samples.get(seq);
      present = excluding(present, seq);
      bytes -= sample ? sizeOf(sample) : 0;
    }
    if (present.length === 0) return undefined;
    const oldestWallMs = Number.isFinite(this.#oldestWallMs) ? this.#oldestWallMs : undefined;
    return { present, bytes, oldestWallMs };
  }
}
