import { countOf, excluding, includes, including, numbersIn, type Ranges } from '../ranges.ts';
import { DELETED, DELETING, isUnstored, type State, type Tracked } from './sample-state.ts';
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

/** A process start, which numbers its samples from 1. */
export interface ProcessStart {
  readonly id: string;
  /** Its number in the store; undefined until the store is open. */
  number: number | undefined;
}

/** Rows of a segment on disk, by sequence number; undefined for a damaged row. */
export type StoredRows = ReadonlyMap<number, StoredSample | undefined>;

/** Changes of a segment that one write persists. */
export interface SegmentChange {
  /** Samples to put, with their sequence numbers. */
  readonly puts: readonly (readonly [seq: number, sample: StoredSample])[];
  /** Sequence numbers to delete. */
  readonly deletions: readonly number[];
  /** Undefined if the row is to be deleted. */
  readonly row: SegmentRow | undefined;
}

/** State of the row on disk: `writing` becomes `outdated` if the segment changes during the write. */
type RowState = 'none' | 'writing' | 'outdated' | 'current';

/**
 * The undelivered samples of one process start in a range of sequence numbers: which exist, which are in memory, and
 * which changes are not on disk yet. All writes are idempotent, because a failed write may have been applied in part.
 */
export class Segment {
  readonly boot: ProcessStart;
  readonly number: number;
  /** The index: the sequence numbers of all samples, in memory or on disk. */
  #present: Ranges = [];
  #bytes = 0;
  /** Oldest times of its samples: exact after it was loaded; later they may be older than any remaining sample. */
  #oldestAtMs = Infinity;
  #oldestWallMs = Infinity;
  readonly #tracked = new Map<number, Tracked>();
  readonly #counts: Record<State, number> = { new: 0, unconfirmed: 0, loaded: 0, deleting: 0, deleted: 0 };
  #unstoredBytes = 0;
  #row: RowState = 'none';
  /** Whether it has been read from disk, or was never there. */
  #isRead = true;

  constructor(boot: ProcessStart, number: number) {
    this.boot = boot;
    this.number = number;
  }

  /** Creates a segment that is on disk and not loaded; its row is written again unless `isIntact`. */
  static stored(boot: ProcessStart, number: number, row: SegmentRow, isIntact: boolean): Segment {
    const segment = new Segment(boot, number);
    segment.#present = row.present;
    segment.#bytes = row.bytes;
    segment.#oldestWallMs = row.oldestWallMs ?? Infinity;
    segment.#row = isIntact ? 'current' : 'outdated';
    segment.#isRead = false;
    return segment;
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
    return this.unstoredCount + this.#counts.loaded === this.count;
  }

  /** Whether none of its samples is in memory. */
  get isUnloaded(): boolean {
    return this.unstoredCount + this.#counts.loaded === 0;
  }

  /** Whether it has no samples, in memory or on disk, and can be removed. */
  get isDisposable(): boolean {
    return this.#present.length === 0 && !this.isDirty && this.#row === 'none';
  }

  /** Whether it has changes that are not on disk. */
  get isDirty(): boolean {
    const isRowDirty = this.#row === 'none' ? this.#present.length > 0 : this.#row !== 'current';
    return isRowDirty || this.unstoredCount > 0 || this.hasDeletions;
  }

  /** Whether there may be a row for it on disk. */
  get mayHaveRow(): boolean {
    return this.#row !== 'none';
  }

  /** Number and size of the samples that are not known to be on disk. */
  get unstoredCount(): number {
    return this.#counts.new + this.#counts.unconfirmed;
  }

  get unstoredBytes(): number {
    return this.#unstoredBytes;
  }

  /** Whether samples are to be deleted from disk. */
  get hasDeletions(): boolean {
    return this.#counts.deleting > 0;
  }

  has(seq: number): boolean {
    return includes(this.#present, seq);
  }

  /** Returns a sample if it is in memory. */
  get(seq: number): StoredSample | undefined {
    return this.#tracked.get(seq)?.sample;
  }

  /** Whether a sample is not known to be on disk. */
  isUnstored(seq: number): boolean {
    return isUnstored(this.#tracked.get(seq));
  }

  /** Adds a new sample. */
  append(seq: number, sample: StoredSample): void {
    this.#add(seq, sample, 'new');
    this.#rowChanged();
  }

  /** Removes a sample of `bytes` bytes. */
  remove(seq: number, bytes: number): void {
    this.#present = excluding(this.#present, seq);
    this.#bytes = this.#present.length === 0 ? 0 : Math.max(0, this.#bytes - bytes);
    // A sample that was never written need not be deleted from disk.
    this.#track(seq, this.#tracked.get(seq)?.state === 'new' ? undefined : DELETING);
    this.#rowChanged();
  }

  /**
   * Adds rows that were read from disk; those missing in the index are added only by the first read.
   * @returns the sequence numbers of samples that should be on disk but are not.
   */
  load(rows: StoredRows): readonly number[] {
    for (const [seq, sample] of rows) {
      if (!sample || this.get(seq)) continue;
      if (this.has(seq)) this.#track(seq, { state: 'loaded', sample, bytes: sizeOf(sample) });
      else if (!this.#isRead && !this.#tracked.has(seq)) this.#add(seq, sample, 'loaded');
    }
    const lost = [...numbersIn(this.#present)].filter((seq) => !this.get(seq));
    for (const seq of lost) this.remove(seq, 0);
    // Damaged rows are deleted, and rows of removed samples that a repair has brought back.
    for (const seq of rows.keys()) if (!this.has(seq)) this.#track(seq, DELETING);
    this.#isRead = true;
    this.#bytes = 0;
    for (const [seq, { state, bytes }] of this.#tracked) {
      if (state === 'deleted') this.#track(seq, undefined);
      this.#bytes += bytes;
    }
    this.updateOldest();
    return lost;
  }

  /** Recomputes the oldest times; all samples must be loaded. */
  updateOldest(): void {
    this.#oldestAtMs = Infinity;
    this.#oldestWallMs = Infinity;
    for (const { sample } of this.#tracked.values()) if (sample) this.#includeTime(sample);
  }

  /** Frees the memory of samples that are on disk. */
  unload(): void {
    for (const [seq, { state }] of this.#tracked) if (state === 'loaded') this.#track(seq, undefined);
  }

  /** Marks the samples in memory and the row to be written again, after the store was repaired or replaced. */
  invalidateStored(): void {
    for (const [seq, tracked] of this.#tracked) {
      if (tracked.state === 'loaded') this.#track(seq, { ...tracked, state: 'unconfirmed' });
    }
    this.#rowChanged();
  }

  /** Changes to write; without new samples if `withSamples` is false. */
  change(withSamples: boolean): SegmentChange {
    const puts: [number, StoredSample][] = [];
    const deletions: number[] = [];
    const isPartial = !withSamples && this.unstoredCount > 0;
    for (const [seq, { state, sample, bytes }] of this.#tracked) {
      if (state === 'deleting') deletions.push(seq);
      if (!sample || state === 'loaded' || !withSamples) continue;
      puts.push([seq, sample]);
      if (state === 'new') this.#track(seq, { state: 'unconfirmed', sample, bytes });
    }
    const row = isPartial ? this.#rowOfStored() : this.#rowOf(this.#present, this.#bytes);
    if (row || this.#row !== 'none') this.#row = isPartial ? 'outdated' : 'writing';
    return { puts, deletions, row };
  }

  /** Called after a change was written to disk. */
  stored({ puts, deletions, row }: SegmentChange): void {
    for (const [seq] of puts) {
      const tracked = this.#tracked.get(seq);
      if (tracked?.state === 'unconfirmed') this.#track(seq, { ...tracked, state: 'loaded' });
    }
    for (const seq of deletions) this.#track(seq, this.#isRead ? undefined : DELETED);
    if (!row) this.#row = 'none';
    else if (this.#row === 'writing') this.#row = 'current';
  }

  /** Moves a sample to another state; undefined if it is only on disk, or does not exist. */
  #track(seq: number, to: Tracked | undefined): void {
    const from = this.#tracked.get(seq);
    if (from) this.#counts[from.state] -= 1;
    if (to) this.#counts[to.state] += 1;
    this.#unstoredBytes += (isUnstored(to) ? to.bytes : 0) - (isUnstored(from) ? from.bytes : 0);
    if (to) this.#tracked.set(seq, to);
    else this.#tracked.delete(seq);
  }

  #add(seq: number, sample: StoredSample, state: State): void {
    const bytes = sizeOf(sample);
    this.#track(seq, { state, sample, bytes });
    this.#present = including(this.#present, seq);
    this.#bytes += bytes;
    this.#includeTime(sample);
  }

  #includeTime({ atMs, wallMs, clockSynced }: StoredSample): void {
    this.#oldestAtMs = Math.min(this.#oldestAtMs, atMs);
    if (clockSynced) this.#oldestWallMs = Math.min(this.#oldestWallMs, wallMs);
  }

  #rowChanged(): void {
    if (this.#row !== 'none') this.#row = 'outdated';
  }

  #rowOfStored(): SegmentRow | undefined {
    let present = this.#present;
    for (const [seq, tracked] of this.#tracked) if (isUnstored(tracked)) present = excluding(present, seq);
    return this.#rowOf(present, this.#bytes - this.#unstoredBytes);
  }

  #rowOf(present: Ranges, bytes: number): SegmentRow | undefined {
    if (present.length === 0) return undefined;
    const oldestWallMs = Number.isFinite(this.#oldestWallMs) ? this.#oldestWallMs : undefined;
    return { present, bytes, oldestWallMs };
  }
}
