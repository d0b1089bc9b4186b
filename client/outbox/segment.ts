import { countOf, excluding, includes, including, numbersIn, type Ranges } from '../ranges.ts';
import { sizeOf, type StoredSample } from './stored-sample.ts';
import type { SegmentRow } from './store/tables.ts';

/** Number of sequence numbers in a segment: what is read from disk at once. */
const LENGTH = 256;

/** The segment to which a sequence number belongs. */
export function segmentOf(seq: number): number {
  return Math.floor((seq - 1) / LENGTH);
}

/** The first and the last sequence number of a segment. */
export function limitsOf(segment: number): readonly [first: number, last: number] {
  return [segment * LENGTH + 1, (segment + 1) * LENGTH];
}

/** What the disk holds of a segment: by sequence number, undefined if it is damaged. */
export type StoredRows = ReadonlyMap<number, StoredSample | undefined>;

/** What reading a segment has brought to light. */
export interface Findings {
  /** Sequence numbers of samples that the disk should hold, and does not. */
  readonly lost: readonly number[];
}

/** What one write persists of a segment. */
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
 * The waiting samples of one process start with neighbouring sequence numbers: what is there, which of it memory holds,
 * and what the disk does not know yet. All changes of the disk can be repeated, so that after a failed write nobody has to
 * know how much of it has happened.
 */
export class Segment {
  readonly number: number;
  #present: Ranges = [];
  #bytes = 0;
  /** Oldest clocks of its samples: exact when it was read last, too old at most since then. */
  #oldestAtMs = Infinity;
  #oldestWallMs = Infinity;
  readonly #samples = new Map<number, StoredSample>();
  /** Those that memory alone holds for certain. */
  readonly #unstored = new Set<number>();
  #unstoredBytes = 0;
  /** Those of them that a write may have put on disk all the same. */
  readonly #attempted = new Set<number>();
  readonly #deletions = new Set<number>();
  /** Removed before the disk was read for the first time. */
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

  /** One without samples. */
  static empty(number: number): Segment {
    return new Segment(number);
  }

  /** One that the disk holds, and that is not read yet. */
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

  /** Whether memory holds all of its samples. */
  get isLoaded(): boolean {
    return this.#samples.size === this.count;
  }

  /** Whether memory holds none of them. */
  get isUnloaded(): boolean {
    return this.#samples.size === 0;
  }

  /** Whether it can be forgotten: there is nothing in it, and the disk knows. */
  get isGone(): boolean {
    return this.#present.length === 0 && !this.isDirty && !this.#mayHaveRow;
  }

  /** Whether the disk does not know its state. */
  get isDirty(): boolean {
    return (
      this.#unstored.size > 0 ||
      this.#deletions.size > 0 ||
      (this.#version !== this.#storedVersion && (this.#mayHaveRow || this.#present.length > 0))
    );
  }

  /** Whether the disk may have a row for it. */
  get mayHaveRow(): boolean {
    return this.#mayHaveRow;
  }

  /** Sequence numbers that memory alone holds, in order. */
  get unstored(): ReadonlySet<number> {
    return this.#unstored;
  }

  /** What memory alone holds takes so many bytes. */
  get unstoredBytes(): number {
    return this.#unstoredBytes;
  }

  has(seq: number): boolean {
    return includes(this.#present, seq);
  }

  /** A sample that memory holds. */
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

  /** Removes a sample of which the size is known. */
  remove(seq: number, bytes: number): void {
    this.#present = excluding(this.#present, seq);
    this.#bytes = this.#present.length === 0 ? 0 : Math.max(0, this.#bytes - bytes);
    this.#samples.delete(seq);
    // What never reached the disk need not be deleted there.
    const mayBeStored = !this.#unstored.has(seq) || this.#attempted.has(seq);
    this.#settle(seq, bytes);
    if (mayBeStored) this.#deletions.add(seq);
    if (!this.#isRead) this.#removedUnread.add(seq);
    this.#version += 1;
  }

  /** Takes what was read from the disk. Rows that nobody expected are only samples if nothing was read before. */
  load(rows: StoredRows): Findings {
    for (const [seq, sample] of rows) {
      if (!sample || this.#samples.has(seq)) continue;
      if (this.has(seq)) this.#samples.set(seq, sample);
      else if (!this.#isRead && !this.#removedUnread.has(seq)) this.#add(seq, sample);
    }
    const lost = [...numbersIn(this.#present)].filter((seq) => !this.#samples.has(seq));
    for (const seq of lost) this.remove(seq, 0);
    // Damaged rows go as well, even those that nobody expected.
    for (const [seq, sample] of rows) if (!sample) this.#deletions.add(seq);
    this.#isRead = true;
    this.#removedUnread.clear();
    this.#bytes = 0;
    for (const sample of this.#samples.values()) this.#bytes += sizeOf(sample);
    this.measureAges();
    return { lost };
  }

  /** Finds out how old the oldest sample is, once memory holds all of them. */
  measureAges(): void {
    this.#oldestAtMs = Infinity;
    this.#oldestWallMs = Infinity;
    for (const sample of this.#samples.values()) this.#age(sample);
  }

  /** Forgets samples that the disk holds as well. */
  unload(): void {
    for (const seq of this.#samples.keys()) if (!this.#unstored.has(seq)) this.#samples.delete(seq);
  }

  /** The store was repaired: what it holds of this is to be read again, and its row to be written. */
  distrust(): void {
    this.unload();
    this.#isRead = false;
    this.#version += 1;
  }

  /** What is to be written; without new samples if `withSamples` is false. */
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

  /** A change is on disk. */
  stored({ puts, deletions, row, version }: SegmentChange): void {
    for (const [seq, sample] of puts) this.#settle(seq, sizeOf(sample));
    for (const seq of deletions) this.#deletions.delete(seq);
    if (!row && version === this.#version) this.#mayHaveRow = false;
    this.#storedVersion = version;
  }

  /** Memory holds it no longer alone, or no longer at all. */
  #settle(seq: number, bytes: number): void {
    if (this.#unstored.delete(seq)) this.#unstoredBytes -= bytes;
    this.#attempted.delete(seq);
  }

  #add(seq: number, sample: StoredSample): void {
    this.#samples.set(seq, sample);
    this.#present = including(this.#present, seq);
    this.#bytes += sizeOf(sample);
    this.#age(sample);
  }

  #age({ atMs, wallMs, clockSynced }: StoredSample): void {
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
