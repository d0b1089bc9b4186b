import { DROP_REASONS, type DroppedRange, type DropReason, type SampleId } from './stored-sample.ts';
import { deleteFrom, putInto, type Batch, type Tables } from './store/tables.ts';

/** Number of samples that were ever dropped, by reason. */
export type DropTotals = Readonly<Partial<Record<DropReason, number>>>;

interface State {
  /** Oldest first, by keys that sort in order. */
  readonly ranges: ReadonlyMap<string, DroppedRange>;
  readonly totals: DropTotals;
  readonly damages: number;
}

/** What one write persists of the ledger. */
export interface LedgerChange {
  readonly state: State;
}

const NOTHING: State = { ranges: new Map(), totals: {}, damages: 0 };
const KEY_DIGITS = 12;
/** Announced ranges that stay in the report, for consumers that come late. */
const KEPT_RANGES = 100;

/**
 * What was dropped and why: kept in the store with the samples, so that it is announced even after a power cut. It changes
 * in memory, and the next write takes the changes to the disk.
 */
export class DropLedger {
  #state = NOTHING;
  /** The state that the disk has. */
  #stored = NOTHING;
  /** Ranges that a write may have put there besides. */
  #attempted: readonly string[] = [];

  get totals(): DropTotals {
    return this.#state.totals;
  }

  /** The ranges that were not announced yet, and the newest of those that were; oldest first. */
  get ranges(): readonly DroppedRange[] {
    return [...this.#state.ranges.values()];
  }

  /** Number of times that the store was damaged in a way that does not tell which samples are missing. */
  get damages(): number {
    return this.#state.damages;
  }

  get isDirty(): boolean {
    return this.#state !== this.#stored || this.#attempted.length > 0;
  }

  /** Notes samples that were dropped, in order. */
  note(ids: readonly SampleId[], reason: DropReason): void {
    if (ids.length > 0) this.#state = withDrops(this.#state, ids, reason);
  }

  /** The store was damaged, and nobody can tell which samples that has cost. */
  noteDamage(): void {
    this.#state = { ...this.#state, damages: this.#state.damages + 1 };
  }

  /** Reads what a store has of earlier processes; what was noted so far comes behind it. @throws what the store throws. */
  async attach({ drops, totals, meta }: Tables): Promise<void> {
    const stored: State = {
      ranges: new Map(await drops.iterator().all()),
      totals: Object.fromEntries(await totals.iterator().all()),
      damages: (await meta.get('damages')) ?? 0,
    };
    const own = this.#state;
    const ranges = new Map(stored.ranges);
    for (const range of own.ranges.values()) ranges.set(nextKey(ranges), range);
    const sums: Partial<Record<DropReason, number>> = { ...stored.totals };
    for (const reason of DROP_REASONS) {
      const count = own.totals[reason];
      if (count !== undefined) sums[reason] = (sums[reason] ?? 0) + count;
    }
    this.#stored = stored;
    this.#attempted = [];
    const isNew = own.ranges.size > 0 || own.damages > 0;
    this.#state = isNew ? { ranges, totals: sums, damages: stored.damages + own.damages } : stored;
  }

  /** The store was repaired, or replaced: everything is to be written again. */
  distrust(): void {
    this.#attempted = [...this.#attempted, ...this.#stored.ranges.keys()];
    this.#stored = NOTHING;
  }

  /** The broker knows these ranges as they stand: all but the newest of them leave the report. */
  announced(ranges: readonly DroppedRange[]): void {
    const announced = new Set(ranges.slice(0, -KEPT_RANGES));
    const left = [...this.#state.ranges].filter(([, range]) => !announced.has(range));
    if (left.length < this.#state.ranges.size) this.#state = { ...this.#state, ranges: new Map(left) };
  }

  /** Puts into a batch what the disk does not know yet. */
  change(batch: Batch, tables: Tables): LedgerChange {
    if (!this.isDirty) return { state: this.#state };
    const { ranges, totals, damages } = this.#state;
    const stored = this.#stored;
    for (const [key, range] of ranges) {
      if (!isSame(range, stored.ranges.get(key))) putInto(batch, tables.drops, key, range);
    }
    for (const key of [...stored.ranges.keys(), ...this.#attempted]) {
      if (!ranges.has(key)) deleteFrom(batch, tables.drops, key);
    }
    for (const reason of DROP_REASONS) {
      const total = totals[reason];
      if (total !== undefined && total !== stored.totals[reason])
        putInto(batch, tables.totals, reason, total);
    }
    if (damages !== stored.damages) putInto(batch, tables.meta, 'damages', damages);
    this.#attempted = [...new Set([...this.#attempted, ...ranges.keys()])];
    return { state: this.#state };
  }

  /** A change is on disk. */
  stored({ state }: LedgerChange): void {
    this.#stored = state;
    this.#attempted = [];
  }
}

/** Lengthens the range that a drop continues, or begins another. */
function withDrops(state: State, ids: readonly SampleId[], reason: DropReason): State {
  const ranges = new Map(state.ranges);
  const latest = new Map([...ranges].map(([key, range]) => [kindOf(range), key]));
  for (const { bootId, seq } of ids) {
    const kind = kindOf({ bootId, reason });
    const key = latest.get(kind);
    const range = key === undefined ? undefined : ranges.get(key);
    if (key !== undefined && range?.to === seq - 1) {
      ranges.set(key, { ...range, to: seq });
    } else {
      const next = nextKey(ranges);
      ranges.set(next, { bootId, from: seq, to: seq, reason });
      latest.set(kind, next);
    }
  }
  return {
    ...state,
    ranges,
    totals: { ...state.totals, [reason]: (state.totals[reason] ?? 0) + ids.length },
  };
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
