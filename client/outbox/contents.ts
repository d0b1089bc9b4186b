import { changed, EMPTY, type Fill } from './bounds.ts';
import { numbered, type Entry, type StoredSample } from './entry.ts';
import { deleteFrom, putInto, type Batch, type Layout } from './layout.ts';
import type { Departure, Shelf } from './making-room.ts';
import { MemoryShelf } from './memory-shelf.ts';
import type { Storage } from './storage.ts';

/** What comes and goes in one change. */
export interface Exchange {
  readonly entry: Entry | undefined;
  readonly departures: readonly Departure[];
}

/**
 * What is in an outbox: what the disk has, but for what has left since, and behind it what is not there yet. Memory
 * holds no more of it than it must.
 */
export class Contents implements Shelf {
  /** Is told when the last sample leaves. */
  onEmpty: (() => void) | undefined;
  /** In the outbox, but not on the disk yet; newer than everything there. */
  readonly memory = new MemoryShelf();
  #storage: Storage | undefined;
  #fill = EMPTY;
  #oldest: Entry | undefined;
  /** Keys that were handed out, as long as they are in the outbox. */
  #handedOut = new Set<string>();
  /** Out of the outbox, but still on the disk; where they are to be set aside, with what is kept of them. */
  #leaving = new Map<string, StoredSample | undefined>();

  get fill(): Fill {
    return this.#fill;
  }

  get oldest(): Entry | undefined {
    return this.#oldest;
  }

  /** Whether the disk knows all of it. */
  get isWritten(): boolean {
    return this.#leaving.size === 0 && this.memory.fill.count === 0;
  }

  /** What is in the outbox behind `after`, oldest first. Reads nothing where there is none, or one that is known. */
  async *entries(after = ''): AsyncGenerator<Entry> {
    if (this.#storage?.isOpen === false || this.#fill.count === 0) return;
    if (this.#fill.count === 1 && this.#oldest) {
      if (this.#oldest.key > after) yield this.#oldest;
      return;
    }
    const noted = (entry: Entry): Entry => {
      if (after === '') this.#oldest ??= entry;
      return entry;
    };
    if (this.#storage) {
      const { samples } = this.#storage.layout;
      for await (const [key, sample] of samples.iterator({ gt: after })) {
        if (!this.#leaving.has(key) && sample.payload !== '') yield noted({ key, ...sample });
      }
    }
    for (const entry of this.memory.entries(after)) yield noted(entry);
  }

  /** Puts what a store holds in front of what is here; this process start has the number `boot` in it. */
  join(storage: Storage, { count, bytes }: Fill, boot: number): void {
    const now = (key: string): string => numbered(key, boot);
    this.#storage = storage;
    this.#fill = { count: this.#fill.count + count, bytes: this.#fill.bytes + bytes };
    this.#oldest = undefined;
    this.memory.number(boot);
    this.#handedOut = new Set([...this.#handedOut].map(now));
    this.#leaving = new Map([...this.#leaving].map(([key, kept]) => [now(key), kept]));
  }

  /** Takes in a sample that the disk is still to get. */
  keep(entry: Entry): void {
    this.memory.add(entry);
    this.#takeIn(entry);
  }

  handOut(entries: readonly Entry[]): void {
    // A new one each time: a Set links its old tables, and a week's backlog would pile up in them.
    this.#handedOut = new Set([...this.#handedOut, ...entries.map(({ key }) => key)]);
  }

  /** Whether a sample was handed out, and is still in the outbox. */
  isHandedOut(key: string): boolean {
    return this.#handedOut.has(key);
  }

  /** Lets a sample go, of which the disk is still to hear; `kept` is what is to be set aside of it. */
  letGo(key: string, sample: StoredSample, kept?: StoredSample): void {
    if (this.#storage || kept) this.#leaving.set(key, kept);
    this.#takeOut(key, sample);
  }

  /** Lets the oldest go of those that are to be set aside, where there are more than `limit`. */
  trimKept(limit: number): void {
    const kept = [...this.#leaving].filter(([, sample]) => sample).map(([key]) => key);
    for (const key of kept.slice(0, -limit)) {
      if (this.#storage) this.#leaving.set(key, undefined);
      else this.#leaving.delete(key);
    }
  }

  /**
   * Puts into a batch what comes and goes, and what the disk does not know yet; the function that it returns is to be
   * called once the batch is on disk, `late` where that was given up before.
   */
  write({ entry, departures }: Exchange, batch: Batch, layout: Layout): (late: boolean) => void {
    const leaving = new Map(this.#leaving);
    const going = new Set(departures.map(({ entry: old }) => old.key));
    const arriving = [...this.memory.entries()].filter(({ key }) => !going.has(key));
    for (const sample of entry ? [...arriving, entry] : arriving) {
      putInto(batch, layout.samples, sample.key, sample);
    }
    for (const [key, kept] of leaving) if (kept) putInto(batch, layout.aside, key, kept);
    for (const key of [...leaving.keys(), ...going]) deleteFrom(batch, layout.samples, key);
    return (late) => {
      // One that was given up may have been delivered since.
      for (const { entry: old } of departures) if (!this.#leaving.has(old.key)) this.#takeOut(old.key, old);
      this.#leaving = new Map([...this.#leaving].filter(([key]) => !leaving.has(key)));
      for (const { key } of arriving) this.memory.delete(key);
      if (entry && late) this.#leaving.set(entry.key, undefined);
      else if (entry) this.#takeIn(entry);
    };
  }

  #takeIn(entry: Entry): void {
    this.#fill = changed(this.#fill, entry, 1);
    if (this.#fill.count === 1) this.#oldest = entry;
  }

  #takeOut(key: string, sample: StoredSample): void {
    this.memory.delete(key);
    this.#handedOut.delete(key);
    if (key === this.#oldest?.key) this.#oldest = undefined;
    this.#fill = changed(this.#fill, sample, -1);
    if (this.#fill.count === 0) this.onEmpty?.();
  }
}
