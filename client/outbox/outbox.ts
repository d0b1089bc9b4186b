import { untilCalled, within } from '../wait.ts';
import { changed, EMPTY, exceeded, isTooOld, type Bounds, type Fill, type Now } from './bounds.ts';
import { keyOf, parseKey, type Entry, type StoredSample } from './entry.ts';
import { SYNCED, UNSYNCED, type Batch, type Layout, type Store } from './layout.ts';
import { Ledger, type Drop, type DropReason } from './ledger.ts';
import type { SampleId } from './sample-id.ts';
import { Storage, type Probe } from './storage.ts';
import { survey, type Survey } from './survey.ts';

/** How many samples give way in one change. */
const CHUNK = 500;
/** Samples that no broker takes are kept for their owner, the newest of them. */
const KEPT_ASIDE = 1_000;

export interface OutboxOptions {
  /** Names this process start in every sample. */
  readonly bootId: string;
  readonly bounds: Bounds;
  readonly now: () => Now;
  /** Finds out whether the disk takes writes again after one has failed. */
  readonly probe?: Probe;
}

/** A sample that gives way, and why. */
interface Departure {
  readonly entry: Entry;
  readonly reason: DropReason;
}

/** What a change is to bring about. */
interface Plan {
  /** A new sample. */
  readonly entry?: Entry;
  /** Samples that go. */
  readonly departures?: readonly Departure[];
  readonly also?: (batch: Batch, layout: Layout) => void;
  readonly options?: object;
}

/**
 * Samples on their way to the broker: stored first, removed once delivered. What an earlier process left behind comes
 * first. What has to give way is noted in the ledger, never forgotten in silence. It goes on where the disk fails: what
 * the disk does not take is remembered, and written with the next change that it takes.
 */
export class Outbox {
  readonly ledger: Ledger;
  readonly #storage: Storage;
  readonly #options: OutboxOptions;
  readonly #boot: number;
  readonly #bootIds: ReadonlyMap<number, string>;
  readonly #waiting = new Set<() => void>();
  /** Keys that `next` has handed out, as long as they are in the outbox. */
  #handedOut = new Set<string>();
  /** Out of the outbox, but still on the disk; where they are to be set aside, with what is kept of them. */
  #leaving = new Map<string, StoredSample | undefined>();
  #fill: Fill;
  /** The oldest sample, where it is known. */
  #oldest: Entry | undefined;
  #seq = 0;
  #appends = 0;
  #delivered = 0;
  #onEmpty: (() => void) | undefined;
  #tail: Promise<unknown> = Promise.resolve();

  private constructor(storage: Storage, ledger: Ledger, options: OutboxOptions, found: Survey) {
    this.#storage = storage;
    this.ledger = ledger;
    this.#options = options;
    this.#boot = found.lastBoot + 1;
    this.#bootIds = new Map([...found.bootIds, [this.#boot, options.bootId]]);
    this.#fill = found.fill;
  }

  /** Takes up what an opened store holds. @throws NewerStoreError, or what the store throws. */
  static async open(store: Store, options: OutboxOptions): Promise<Outbox> {
    const storage = await Storage.open(store, options.probe ?? (() => Promise.resolve()));
    const found = await survey(storage.layout);
    const outbox = new Outbox(storage, await Ledger.open(storage.layout), options, found);
    await outbox.#begin(found);
    return outbox;
  }

  /** What waits. */
  get fill(): Fill {
    return this.#fill;
  }

  /** How many samples this process has stored, and delivered. */
  get appends(): number {
    return this.#appends;
  }

  get delivered(): number {
    return this.#delivered;
  }

  /** Waits until there were more appends than `appends`; fails with the reason of the first signal that aborts. */
  async appendedSince(appends: number, signals: readonly AbortSignal[]): Promise<void> {
    if (this.#appends > appends) return;
    await untilCalled((wake) => {
      this.#waiting.add(wake);
      return () => this.#waiting.delete(wake);
    }, signals);
  }

  /** Waits until everything is delivered, but not longer than `timeoutMs`, nor than `signal` lives. */
  async drained(timeoutMs: number, signal: AbortSignal): Promise<void> {
    if (this.#fill.count === 0) return;
    const bounds = { timeoutMs, what: 'Delivering the last samples', signals: [signal] };
    await within<void>(bounds, (succeed) => {
      this.#onEmpty = succeed;
      return () => (this.#onEmpty = undefined);
    }).catch(() => undefined);
  }

  /**
   * Stores what `build` makes of the next sequence number; resolves once it would survive a power cut. Where the outbox
   * is full, older samples or this one give way, as the policy says: `false` where it was this one.
   * @throws what the disk throws; the sample counts as dropped then.
   */
  append(build: (id: SampleId) => string): Promise<boolean> {
    const { atMs, wallMs, clockSynced } = this.#options.now();
    const seq = this.#seq + 1;
    const payload = build({ bootId: this.#options.bootId, seq });
    this.#seq = seq;
    const entry = { key: keyOf(this.#boot, seq), payload, atMs, wallMs, clockSynced };
    return this.#inTurn(() => this.#store(entry));
  }

  /** Up to `limit` samples behind the one of `after`, oldest first; none while the disk cannot be read. */
  next(limit: number, after?: string): Promise<Entry[]> {
    return this.#inTurn(async () => {
      const entries: Entry[] = [];
      for await (const entry of this.#entries(after)) {
        if (entries.push(entry) >= limit) break;
      }
      // A new one each time: a Set links its old tables, and a week's backlog would pile up in them.
      this.#handedOut = new Set([...this.#handedOut, ...entries.map(({ key }) => key)]);
      return entries;
    });
  }

  /**
   * Forgets samples of `next` that were delivered; those that gave way meanwhile are forgotten already. Not synced: what
   * comes back after a power cut is delivered twice, never lost.
   * @throws what the disk throws; it is told again with the next change.
   */
  remove(entries: readonly Entry[]): Promise<void> {
    return this.#inTurn(async () => {
      for (const entry of entries) {
        if (!this.#handedOut.has(entry.key)) continue;
        this.#leaving.set(entry.key, undefined);
        this.#leave(entry);
        this.#delivered += 1;
      }
      await this.#settle(UNSYNCED);
    });
  }

  /**
   * Puts a sample of `next` aside that no broker takes: kept for its owner, but never sent again.
   * @throws what the disk throws; it is told again with the next change.
   */
  setAside(entry: Entry): Promise<void> {
    return this.#inTurn(async () => {
      if (!this.#handedOut.has(entry.key)) return;
      this.#leaving.set(entry.key, storedPart(entry));
      this.#leave(entry);
      this.ledger.note(this.#drops(entry.key, 'refused'));
      await this.#settle(SYNCED);
      await this.#trimAside();
    });
  }

  /** Resolves once everything that was begun is done. */
  async settled(): Promise<void> {
    await this.#tail;
  }

  /** Takes everything that was begun to its end and lets the store go. */
  async close(): Promise<void> {
    await this.#inTurn(() => this.#settle(SYNCED)).catch(() => undefined);
    await this.#storage.close();
  }

  /** Everything that touches the store does so one after the other. */
  #inTurn<T>(act: () => Promise<T>): Promise<T> {
    const turn = this.#tail.then(act);
    this.#tail = turn.catch(() => undefined);
    return turn;
  }

  /** Registers this process start, and takes out what is spoilt, too old or too much by now. */
  async #begin({ spoilt, goneBoots }: Survey): Promise<void> {
    this.ledger.note(spoilt.flatMap((key) => this.#drops(key, 'disk')));
    await this.#commit({
      also: (batch, { meta, boots, samples }) => {
        batch.put('boot', this.#boot, { sublevel: meta });
        batch.put(String(this.#boot), this.#options.bootId, { sublevel: boots });
        for (const boot of goneBoots) batch.del(String(boot), { sublevel: boots });
        for (const key of spoilt) batch.del(key, { sublevel: samples });
      },
    });
    for (;;) {
      const departures = await this.#departures(this.#fill);
      if (departures.length === 0) return;
      await this.#commit({ departures });
    }
  }

  async #store(entry: Entry): Promise<boolean> {
    let isTurnedAway = false;
    try {
      await this.#storage.ready();
      const { bounds } = this.#options;
      const alone = exceeded(bounds, changed(EMPTY, entry, 1));
      const departures = alone ? [] : await this.#departures(changed(this.#fill, entry, 1));
      const fill = departures.reduce((before, old) => changed(before, old.entry, -1), this.#fill);
      const full = alone ?? exceeded(bounds, changed(fill, entry, 1));
      if (full) {
        this.ledger.note(this.#drops(entry.key, full));
        isTurnedAway = true;
      }
      await this.#commit({ departures, ...(!full && { entry }) });
      return !isTurnedAway;
    } catch (error) {
      this.#oldest = undefined;
      if (!isTurnedAway) this.ledger.note(this.#drops(entry.key, 'disk'));
      throw error;
    }
  }

  /**
   * The oldest samples that are too old, or have to make room where `wanted` is to be in the outbox; a chunk of them at
   * most. Reads nothing as long as the oldest one may stay.
   */
  async #departures(wanted: Fill): Promise<Departure[]> {
    const { bounds, now } = this.#options;
    const present = now();
    let fill = wanted;
    const reasonFor = (entry: Entry): DropReason | undefined => {
      const isOfThisBoot = parseKey(entry.key)?.boot === this.#boot;
      if (isTooOld(bounds, entry, isOfThisBoot, present)) return 'age';
      return bounds.whenFull === 'drop-oldest' ? exceeded(bounds, fill) : undefined;
    };
    const departures: Departure[] = [];
    if (this.#fill.count === 0 || (this.#oldest && !reasonFor(this.#oldest))) return departures;
    for await (const entry of this.#entries()) {
      this.#oldest = entry;
      const reason = reasonFor(entry);
      if (!reason || departures.length === CHUNK) break;
      departures.push({ entry, reason });
      fill = changed(fill, entry, -1);
    }
    return departures;
  }

  /** What is in the outbox behind `after`, oldest first. */
  async *#entries(after?: string): AsyncGenerator<Entry> {
    if (!this.#storage.isOpen) return;
    const { samples } = this.#storage.layout;
    for await (const [key, sample] of samples.iterator(after === undefined ? {} : { gt: after })) {
      if (!this.#leaving.has(key) && sample.payload !== '') yield { key, ...sample };
    }
  }

  /** Makes a change, and writes what is only remembered with it. @throws what the disk throws. */
  async #commit({ entry, departures = [], also, options = SYNCED }: Plan): Promise<void> {
    const drops = departures.flatMap((old) => this.#drops(old.entry.key, old.reason));
    const leaving = new Map(this.#leaving);
    let noted: () => void;
    await this.#storage.commit(
      {
        write: (batch, layout) => {
          // A repair may find no more than the beginning of it: nothing goes before the ledger says so.
          also?.(batch, layout);
          noted = this.ledger.write(drops, batch, layout);
          if (entry) batch.put(entry.key, storedPart(entry), { sublevel: layout.samples });
          for (const [key, kept] of leaving) if (kept) batch.put(key, kept, { sublevel: layout.aside });
          // By their full keys: the option `sublevel` costs three times as much, and memory that stays.
          for (const [key] of leaving) batch.del(layout.samples.prefixKey(key, 'utf8'));
          for (const { entry: old } of departures) batch.del(layout.samples.prefixKey(old.key, 'utf8'));
        },
        done: (late) => {
          noted();
          // One that was given up may have been delivered since.
          for (const { entry: old } of departures) if (!this.#leaving.has(old.key)) this.#leave(old);
          this.#leaving = new Map([...this.#leaving].filter(([key]) => !leaving.has(key)));
          if (entry && late) this.#leaving.set(entry.key, undefined);
          else if (entry) this.#arrive(entry);
        },
      },
      options,
    );
  }

  /** Writes what is only remembered. */
  async #settle(options: object): Promise<void> {
    if (this.#leaving.size === 0 && this.ledger.isWritten) return;
    await this.#storage.ready();
    await this.#commit({ options });
  }

  /** Lets the oldest go of those that were set aside. */
  async #trimAside(): Promise<void> {
    const keys = await this.#storage.layout.aside.keys({ reverse: true }).all();
    const surplus = keys.slice(KEPT_ASIDE);
    if (surplus.length === 0) return;
    await this.#commit({
      also: (batch, { aside }) => surplus.forEach((key) => batch.del(key, { sublevel: aside })),
      options: UNSYNCED,
    });
  }

  /** What the ledger has to say of a sample: nothing where the disk has spoilt even its number. */
  #drops(key: string, reason: DropReason): Drop[] {
    const place = parseKey(key);
    if (!place) return [];
    return [{ bootId: this.#bootIds.get(place.boot) ?? String(place.boot), seq: place.seq, reason }];
  }

  #arrive(entry: Entry): void {
    this.#fill = changed(this.#fill, entry, 1);
    if (this.#fill.count === 1) this.#oldest = entry;
    this.#appends += 1;
    for (const wake of [...this.#waiting]) wake();
  }

  #leave(entry: Entry): void {
    this.#handedOut.delete(entry.key);
    if (entry.key === this.#oldest?.key) this.#oldest = undefined;
    this.#fill = changed(this.#fill, entry, -1);
    if (this.#fill.count === 0) this.#onEmpty?.();
  }
}

function storedPart({ payload, atMs, wallMs, clockSynced }: Entry): StoredSample {
  return { payload, atMs, wallMs, clockSynced };
}
