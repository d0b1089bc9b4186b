import { DROP_REASONS, type DroppedRange, type DropReason, type SampleId } from './stored-sample.ts';
import { deleteFrom, putInto, type Batch, type Tables } from './store/tables.ts';

/** Number of samples dropped since the outbox was created, by reason. */
export type DropTotals = Readonly<Partial<Record<DropReason, number>>>;

interface State {
  /** Oldest first, by keys that sort in this order. */
  readonly ranges: ReadonlyMap<string, DroppedRange>;
  readonly totals: DropTotals;
  readonly damages: number;
}

/** Changes of the ledger that one write persists. */
export interface LedgerChange {
  readonly state: State;
}

const EMPTY: State = { ranges: new Map(), totals: {}, damages: 0 };
const KEY_DIGITS = 12;
/** Number of announced ranges that stay in the report, for consumers that connect later. */
const KEPT_RANGES = 100;

/**
 * Records which samples were dropped and why. It is stored with the samples, so that drops are announced even after a
 * power cut; changes are made in memory and persisted by the next write.
 */
export class DropLedger {
  #state = EMPTY;
  /** The state on disk. */
  #stored = EMPTY;
  /** Keys of ranges that a failed write may have put on disk. */
  #attempted: readonly string[] = [];

  get totals(): DropTotals {
    return this.#state.totals;
  }

  /** Ranges that are not announced yet, and the newest announced ones; oldest first. */
  get ranges(): readonly DroppedRange[] {
    return [...this.#state.ranges.values()];
  }

  /** Number of times that the store was damaged and the missing samples are unknown. */
  get damages(): number {
    return this.#state.damages;
  }

  get isDirty(): boolean {
    return this.#state !== this.#stored || this.#attempted.length > 0;
  }

  /** Records dropped samples, in order. */
  note(ids: readonly SampleId[], reason: DropReason): void {
    if (ids.length > 0) this.#state = withDrops(this.#state, ids, reason);
  }

  /** Counts damage to the store for which the missing samples are unknown. */
  noteDamage(): void {
    this.#state = { ...this.#state, damages: this.#state.damages + 1 };
  }

  /** Inserts the entries of a store before those recorded so far. @throws what the store throws. */
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

  /** Marks everything to be written again, after the store was repaired or replaced. */
  invalidateStored(): void {
    this.#attempted = [...this.#attempted, ...this.#stored.ranges.keys()];
    this.#stored = EMPTY;
  }

  /** Called with ranges that the broker has acknowledged: removes all but the newest, if they are unchanged. */
  announced(ranges: readonly DroppedRange[]): void {
    const announced = new Set(ranges.slice(0, -KEPT_RANGES));
    const left = [...this.#state.ranges].filter(([, range]) => !announced.has(range));
    if (left.length < this.#state.ranges.size) this.#state = { ...this.#state, ranges: new Map(left) };
  }

  /** Adds the changes that are not on disk to a batch. */
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

  /** Called after a change was written to disk. */
  stored({ state }: LedgerChange): void {
    this.#stored = state;
    this.#attempted = [];
  }
}

/** Extends the latest range of the same process start and reason, or adds a range. */
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
