import { deleteFrom, putInto, type Batch, type Layout } from './layout.ts';

/**
 * Why a sample never reaches the broker: the outbox was full by count or bytes, it grew too old, the disk did not take
 * it or has spoilt it, or the broker does not take it.
 */
export const DROP_REASONS = ['count', 'bytes', 'age', 'disk', 'refused'] as const;

export type DropReason = (typeof DROP_REASONS)[number];

/** Consecutive samples of one process start that were dropped for one reason. */
export interface DroppedRange {
  readonly bootId: string;
  /** Sequence numbers, both included. */
  readonly from: number;
  readonly to: number;
  readonly reason: DropReason;
}

/** How many samples were ever dropped, by reason. */
export type DropTotals = Readonly<Partial<Record<DropReason, number>>>;

/** One dropped sample. */
export interface Drop {
  readonly bootId: string;
  readonly seq: number;
  readonly reason: DropReason;
}

interface State {
  /** Oldest first, by keys that sort in order. */
  readonly ranges: ReadonlyMap<string, DroppedRange>;
  readonly totals: DropTotals;
}

const KEY_DIGITS = 12;
/** Announced ranges that go on being told, for consumers that come late. */
const KEPT_RANGES = 100;

/**
 * What was dropped and why: kept with the samples, so that it is announced even after a power cut. What changes in
 * memory goes to the disk with the next batch that the disk takes.
 */
export class Ledger {
  #state: State;
  /** The state that the disk has. */
  #written: State;

  private constructor(state: State) {
    this.#state = state;
    this.#written = state;
  }

  /** One that no store knows of yet. */
  static empty(): Ledger {
    return new Ledger({ ranges: new Map(), totals: {} });
  }

  /** @throws what the store throws. */
  static async open({ drops, totals }: Layout): Promise<Ledger> {
    return new Ledger({
      ranges: new Map(await drops.iterator().all()),
      totals: Object.fromEntries(await totals.iterator().all()),
    });
  }

  get totals(): DropTotals {
    return this.#state.totals;
  }

  /** The ranges that were not announced yet, and the newest of those that were; oldest first. */
  get ranges(): readonly DroppedRange[] {
    return [...this.#state.ranges.values()];
  }

  /** Whether the disk has everything that is noted. */
  get isWritten(): boolean {
    return this.#state === this.#written;
  }

  /** Notes drops that have happened, whether the disk knows of it or not. */
  note(drops: readonly Drop[]): void {
    this.#state = withDrops(this.#state, drops);
  }

  /** Takes up what a store has of earlier processes: what was noted so far comes behind it, and is still to be written. */
  join(earlier: Ledger): void {
    const own = this.#state;
    this.#written = earlier.#written;
    const ranges = new Map(earlier.#written.ranges);
    const totals: Partial<Record<DropReason, number>> = { ...earlier.#written.totals };
    for (const range of own.ranges.values()) ranges.set(nextKey(ranges), range);
    for (const reason of DROP_REASONS) {
      const count = own.totals[reason];
      if (count !== undefined) totals[reason] = (totals[reason] ?? 0) + count;
    }
    this.#state = { ranges, totals };
  }

  /** The broker knows of these ranges as they stand: all but the newest of them are told no more. */
  announced(ranges: readonly DroppedRange[]): void {
    const told = new Set(ranges.slice(0, -KEPT_RANGES));
    const left = [...this.#state.ranges].filter(([, range]) => !told.has(range));
    if (left.length < this.#state.ranges.size) this.#state = { ...this.#state, ranges: new Map(left) };
  }

  /**
   * Puts into a batch what the disk does not know yet, and drops that will happen by this very batch; the function that
   * it returns is to be called once the batch is on disk.
   */
  write(drops: readonly Drop[], batch: Batch, layout: Layout): () => void {
    const before = this.#state;
    const after = withDrops(before, drops);
    const { ranges, totals } = after;
    const { ranges: oldRanges, totals: oldTotals } = this.#written;
    if (ranges !== oldRanges) {
      for (const [key, range] of ranges) {
        if (!isSame(range, oldRanges.get(key))) putInto(batch, layout.drops, key, range);
      }
      for (const key of oldRanges.keys()) if (!ranges.has(key)) deleteFrom(batch, layout.drops, key);
    }
    for (const reason of DROP_REASONS) {
      const total = totals[reason];
      if (total !== undefined && total !== oldTotals[reason]) {
        putInto(batch, layout.totals, reason, total);
      }
    }
    return () => {
      // Meanwhile there may have been an announcement.
      this.#state = this.#state === before ? after : withDrops(this.#state, drops);
      this.#written = after;
    };
  }
}

/** Lengthens the range that a drop continues, or begins another. */
function withDrops(state: State, drops: readonly Drop[]): State {
  if (drops.length === 0) return state;
  const ranges = new Map(state.ranges);
  const totals: Partial<Record<DropReason, number>> = { ...state.totals };
  const open = new Map([...ranges].map(([key, range]) => [kindOf(range), key]));
  for (const { bootId, seq, reason } of drops) {
    const kind = kindOf({ bootId, reason });
    const key = open.get(kind);
    const range = key === undefined ? undefined : ranges.get(key);
    if (key !== undefined && range?.to === seq - 1) {
      ranges.set(key, { ...range, to: seq });
    } else {
      const next = nextKey(ranges);
      ranges.set(next, { bootId, from: seq, to: seq, reason });
      open.set(kind, next);
    }
    totals[reason] = (totals[reason] ?? 0) + 1;
  }
  return { ranges, totals };
}

function isSame(range: DroppedRange, other: DroppedRange | undefined): boolean {
  return other?.from === range.from && other.to === range.to && kindOf(other) === kindOf(range);
}

function kindOf({ bootId, reason }: Pick<DroppedRange, 'bootId' | 'reason'>): string {
  return `${reason} ${bootId}`;
}

function nextKey(ranges: ReadonlyMap<string, unknown>): string {
  const last = [...ranges.keys()].at(-1);
  return String(last === undefined ? 0 : Number(last) + 1).padStart(KEY_DIGITS, '0');
}
