import type { Logger } from '../log.ts';
import { countOf, including, type Ranges } from '../ranges.ts';
import { DROP_REASONS, type DroppedRange, type DropReason, type SampleId } from './stored-sample.ts';
import { deleteFrom, putInto, type Batch, type Tables } from './store/tables.ts';

/** Number of samples dropped since the outbox was created, by reason. */
export type DropTotals = Readonly<Partial<Record<DropReason, number>>>;

/** Changes of the ledger that one write persists. */
export interface LedgerChange {
  /** By key; undefined if the row is deleted. */
  readonly rows: ReadonlyMap<string, DroppedRange | undefined>;
  readonly totals: DropTotals;
  readonly damages: number;
}

const KEY_DIGITS = 12;
/** Number of announced ranges that stay in the report, for consumers that connect later. */
const KEPT_RANGES = 100;
/** Minimum interval between log lines. */
const LOG_INTERVAL_MS = 60_000;
/** Maximum number of ranges in a log line; `<base>/health` has all of them. */
const LOGGED_RANGES = 10;

/**
 * Records and logs which samples were dropped and why. It is stored with the samples, so that drops are announced even
 * after a power cut; changes are made in memory and persisted by the next write.
 */
export class DropLedger {
  readonly #log: DropLog;
  /** Oldest first, by keys that sort in this order. */
  #ranges = new Map<string, DroppedRange>();
  /** Key of the latest range by reason and process start, which further drops may extend. */
  #latest = new Map<string, string>();
  #nextNumber = 0;
  #totals: DropTotals = {};
  #damages = 0;
  /** Keys whose rows on disk may differ, because of a change, or of a write that failed. */
  #unstored = new Set<string>();
  #storedTotals: DropTotals = {};
  #storedDamages = 0;

  constructor(log: Logger) {
    this.#log = new DropLog(log);
  }

  get totals(): DropTotals {
    return this.#totals;
  }

  /** Ranges that are not announced yet, and the newest announced ones; oldest first. */
  get ranges(): readonly DroppedRange[] {
    return [...this.#ranges.values()];
  }

  /** Number of times that the store was damaged and the missing samples are unknown. */
  get damages(): number {
    return this.#damages;
  }

  get isDirty(): boolean {
    return (
      this.#unstored.size > 0 ||
      this.#damages !== this.#storedDamages ||
      changedReasons(this.#totals, this.#storedTotals).length > 0
    );
  }

  /** Records dropped samples, in order. */
  note(ids: readonly SampleId[], reason: DropReason): void {
    if (ids.length === 0) return;
    for (const { bootId, seq } of ids) {
      const key = this.#latest.get(kindOf({ bootId, reason }));
      const range = key === undefined ? undefined : this.#ranges.get(key);
      if (key !== undefined && range?.to === seq - 1) this.#set(key, { ...range, to: seq });
      else this.#add({ bootId, from: seq, to: seq, reason });
    }
    this.#totals = { ...this.#totals, [reason]: (this.#totals[reason] ?? 0) + ids.length };
    this.#log.note(ids, reason);
  }

  /** Counts damage to the store for which the missing samples are unknown. */
  noteDamage(): void {
    this.#damages += 1;
  }

  /** Inserts the entries of a store before those recorded so far. @throws what the store throws. */
  async attach({ drops, totals, meta }: Tables): Promise<void> {
    const ranges = new Map(await drops.iterator().all());
    const storedTotals: DropTotals = Object.fromEntries(await totals.iterator().all());
    const storedDamages = (await meta.get('damages')) ?? 0;
    const own = this.ranges;
    this.#ranges = ranges;
    this.#latest = new Map([...ranges].map(([key, range]) => [kindOf(range), key]));
    this.#nextNumber = Number([...ranges.keys()].at(-1) ?? -1) + 1;
    this.#unstored = new Set();
    for (const range of own) this.#add(range);
    const sums: Partial<Record<DropReason, number>> = { ...storedTotals };
    for (const reason of DROP_REASONS) {
      const count = this.#totals[reason];
      if (count !== undefined) sums[reason] = (sums[reason] ?? 0) + count;
    }
    this.#totals = sums;
    this.#storedTotals = storedTotals;
    this.#damages += storedDamages;
    this.#storedDamages = storedDamages;
  }

  /** Marks everything to be written again, after the store was repaired or replaced. */
  invalidateStored(): void {
    for (const key of this.#ranges.keys()) this.#unstored.add(key);
    this.#storedTotals = {};
    this.#storedDamages = 0;
  }

  /** Called with ranges that the broker has acknowledged: removes all but the newest, if they are unchanged. */
  announced(ranges: readonly DroppedRange[]): void {
    const announced = new Set(ranges.slice(0, -KEPT_RANGES));
    for (const [key, range] of announced.size > 0 ? this.#ranges : []) {
      if (!announced.has(range)) continue;
      this.#ranges.delete(key);
      if (this.#latest.get(kindOf(range)) === key) this.#latest.delete(kindOf(range));
      this.#unstored.add(key);
    }
  }

  /** Adds the changes that are not on disk to a batch. */
  change(batch: Batch, tables: Tables): LedgerChange {
    const rows = new Map([...this.#unstored].map((key) => [key, this.#ranges.get(key)]));
    for (const [key, range] of rows) {
      if (range) putInto(batch, tables.drops, key, range);
      else deleteFrom(batch, tables.drops, key);
    }
    const [totals, damages] = [this.#totals, this.#damages];
    for (const reason of changedReasons(totals, this.#storedTotals))
      putInto(batch, tables.totals, reason, totals[reason] ?? 0);
    if (damages !== this.#storedDamages) putInto(batch, tables.meta, 'damages', damages);
    return { rows, totals, damages };
  }

  /** Called after a change was written to disk. */
  stored({ rows, totals, damages }: LedgerChange): void {
    for (const [key, range] of rows) if (this.#ranges.get(key) === range) this.#unstored.delete(key);
    this.#storedTotals = totals;
    this.#storedDamages = damages;
  }

  /** Logs the drops that are not logged yet; later ones are logged immediately. */
  close(): void {
    this.#log.close();
  }

  #add(range: DroppedRange): void {
    const key = String(this.#nextNumber++).padStart(KEY_DIGITS, '0');
    this.#latest.set(kindOf(range), key);
    this.#set(key, range);
  }

  #set(key: string, range: DroppedRange): void {
    this.#ranges.set(key, range);
    this.#unstored.add(key);
  }
}

function kindOf({ bootId, reason }: Pick<DroppedRange, 'bootId' | 'reason'>): string {
  return `${reason}: ${bootId}`;
}

function changedReasons(totals: DropTotals, stored: DropTotals): readonly DropReason[] {
  return totals === stored ? [] : DROP_REASONS.filter((reason) => totals[reason] !== stored[reason]);
}

/** Logs dropped samples and the reasons: immediately, or combined if the last line was logged recently. */
class DropLog {
  readonly #log: Logger;
  /** By reason and process start. */
  #pending = new Map<string, Ranges>();
  #timer: NodeJS.Timeout | undefined;
  #isClosed = false;

  constructor(log: Logger) {
    this.#log = log;
  }

  note(ids: readonly SampleId[], reason: DropReason): void {
    for (const { bootId, seq } of ids) {
      const kind = kindOf({ bootId, reason });
      this.#pending.set(kind, including(this.#pending.get(kind) ?? [], seq));
    }
    if (!this.#timer) this.#write();
  }

  /** Logs the drops that are not logged yet; later ones are logged immediately. */
  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#pending.size > 0) this.#write();
  }

  #write(): void {
    const ranges = [...this.#pending].flatMap(([kind, list]) =>
      list.map(([from, to]) => `${kind} ${from === to ? from : `${from}-${to}`}`),
    );
    const count = [...this.#pending.values()].reduce((sum, list) => sum + countOf(list), 0);
    this.#pending = new Map();
    this.#log.warn(
      { count, ranges: ranges.slice(0, LOGGED_RANGES) },
      `dropped ${count} ${count === 1 ? 'sample' : 'samples'}`,
    );
    if (this.#isClosed) return;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      if (this.#pending.size > 0) this.#write();
    }, LOG_INTERVAL_MS);
  }
}
