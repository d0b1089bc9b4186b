import type { Batch, Layout } from './layout.ts';

/**
 * Why a sample never reaches the broker: the outbox was full by count or bytes, it grew too old, the disk did not take
 * it, or the broker hangs up on it.
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
  /** By keys that sort in order. */
  readonly ranges: ReadonlyMap<string, DroppedRange>;
  readonly totals: DropTotals;
}

const KEY_DIGITS = 12;
/** Announced ranges that go on being told, for consumers that come late. */
const KEPT_RANGES = 100;

/** What was dropped and why: kept with the samples, so that it is announced even after a power cut. */
export class Ledger {
  readonly #layout: Layout;
  #state: State;
  /** Noted, but not on disk: the disk did not take it. */
  #isBehind = false;

  private constructor(layout: Layout, state: State) {
    this.#layout = layout;
    this.#state = state;
  }

  static async open(layout: Layout): Promise<Ledger> {
    const totals = Object.fromEntries(await layout.totals.iterator().all()) as DropTotals;
    return new Ledger(layout, { ranges: new Map(await layout.drops.iterator().all()), totals });
  }

  get totals(): DropTotals {
    return this.#state.totals;
  }

  /** The ranges that were not announced yet, and the newest of those that were; oldest first. */
  get ranges(): readonly DroppedRange[] {
    return [...this.#state.ranges.values()];
  }

  /** Adds drops to a batch; the function that it returns makes them count, once the batch is on disk. */
  write(drops: readonly Drop[], batch: Batch): () => void {
    const state = drops.reduce(withDrop, this.#state);
    if (state !== this.#state || this.#isBehind) {
      for (const [key, range] of state.ranges) {
        if (this.#isBehind || this.#state.ranges.get(key) !== range) {
          batch.put(key, range, { sublevel: this.#layout.drops });
        }
      }
      for (const [reason, total] of Object.entries(state.totals)) {
        batch.put(reason, total, { sublevel: this.#layout.totals });
      }
    }
    return () => {
      this.#state = state;
      this.#isBehind = false;
    };
  }

  /** Notes a drop in memory, because the disk takes nothing; the next batch that it takes brings it along. */
  note(drop: Drop): void {
    this.#state = withDrop(this.#state, drop);
    this.#isBehind = true;
  }

  /** The broker knows of these ranges as they stand: all but the newest of them are told no more. */
  async announced(ranges: readonly DroppedRange[]): Promise<void> {
    const told = new Set(ranges.slice(0, -KEPT_RANGES));
    const keys = [...this.#state.ranges].filter(([, range]) => told.has(range)).map(([key]) => key);
    if (keys.length === 0) return;
    const left = [...this.#state.ranges].filter(([key]) => !keys.includes(key));
    this.#state = { ...this.#state, ranges: new Map(left) };
    await this.#layout.drops.batch(keys.map((key) => ({ type: 'del', key })));
  }
}

/** Lengthens the last range where the drop continues it, or begins another. */
function withDrop({ ranges, totals }: State, { bootId, seq, reason }: Drop): State {
  const last = [...ranges].at(-1);
  const continues = last?.[1].bootId === bootId && last[1].reason === reason && last[1].to === seq - 1;
  const [key, range] = continues
    ? [last[0], { ...last[1], to: seq }]
    : [nextKey(totals), { bootId, from: seq, to: seq, reason }];
  return {
    ranges: new Map([...ranges, [key, range]]),
    totals: { ...totals, [reason]: (totals[reason] ?? 0) + 1 },
  };
}

/** The number of drops so far: it rises with each. */
function nextKey(totals: DropTotals): string {
  const sum = Object.values(totals).reduce((total, count) => total + count, 0);
  return String(sum).padStart(KEY_DIGITS, '0');
}
