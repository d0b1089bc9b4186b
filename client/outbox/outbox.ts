import { untilCalled, within } from '../wait.ts';
import { changed, exceeded, isTooOld, type Bounds, type Fill, type Now } from './bounds.ts';
import { keyOf, parseKey, type Entry, type StoredSample } from './entry.ts';
import { openLayout, SYNCED, type Layout, type Store } from './layout.ts';
import { Ledger, type Drop, type DropReason } from './ledger.ts';
import type { SampleId } from './sample-id.ts';

/** How many entries are read at once while counting or making room. */
const CHUNK = 500;

export interface OutboxOptions {
  /** Names this process start in every sample. */
  readonly bootId: string;
  readonly bounds: Bounds;
  readonly now: () => Now;
}

/**
 * Samples on their way to the broker: stored first, removed once delivered. What an earlier process left behind comes
 * first. What has to give way is noted in the ledger, never forgotten in silence.
 */
export class Outbox {
  readonly ledger: Ledger;
  readonly #layout: Layout;
  readonly #options: OutboxOptions;
  readonly #boot: number;
  readonly #bootIds: ReadonlyMap<number, string>;
  readonly #waiting = new Set<() => void>();
  #fill: Fill;
  #seq = 0;
  #appends = 0;
  #delivered = 0;
  #onEmpty: (() => void) | undefined;
  #tail: Promise<unknown> = Promise.resolve();

  private constructor(layout: Layout, ledger: Ledger, options: OutboxOptions, start: StartState) {
    this.#layout = layout;
    this.ledger = ledger;
    this.#options = options;
    this.#boot = start.boot;
    this.#bootIds = start.bootIds;
    this.#fill = start.fill;
  }

  /** Takes up what an opened store holds. @throws NewerStoreError, or what the store throws. */
  static async open(store: Store, options: OutboxOptions): Promise<Outbox> {
    const layout = await openLayout(store);
    const boot = ((await layout.meta.get('boot')) ?? 0) + 1;
    await store
      .batch()
      .put('boot', boot, { sublevel: layout.meta })
      .put(String(boot), options.bootId, { sublevel: layout.boots })
      .write(SYNCED);
    const bootIds = await bootNames(layout);
    const fill = await measure(layout);
    return new Outbox(layout, await Ledger.open(layout), options, { boot, bootIds, fill });
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
   * is full, older samples or this one give way, as the policy says.
   * @throws what the disk throws; the sample counts as dropped then.
   */
  append(build: (id: SampleId) => string): Promise<void> {
    const { atMs, wallMs, clockSynced } = this.#options.now();
    const id = { bootId: this.#options.bootId, seq: ++this.#seq };
    const entry = { key: keyOf(this.#boot, id.seq), payload: build(id), atMs, wallMs, clockSynced };
    return this.#inTurn(() => this.#store(entry));
  }

  /** Up to `limit` samples behind the one of `after`, oldest first. */
  async next(limit: number, after?: string): Promise<Entry[]> {
    const range = after === undefined ? { limit } : { gt: after, limit };
    const entries = await this.#layout.samples.iterator(range).all();
    return entries.map(([key, sample]) => ({ key, ...sample }));
  }

  /**
   * Forgets delivered samples. Not synced: what comes back after a power cut is delivered twice, never lost.
   * One that gave way meanwhile is forgotten already.
   */
  remove(entries: readonly Entry[]): Promise<void> {
    this.#delivered += entries.length;
    return this.#inTurn(async () => {
      const present = await this.#layout.samples.getMany(entries.map(({ key }) => key));
      const left = entries.filter((_entry, index) => present[index] !== undefined);
      await this.#layout.samples.batch(left.map(({ key }) => ({ type: 'del', key })));
      for (const entry of left) this.#leave(entry);
    });
  }

  /** Puts a sample aside that no broker takes: kept, but never sent again. */
  setAside(entry: Entry): Promise<void> {
    return this.#inTurn(async () => {
      const { samples, aside, store } = this.#layout;
      const batch = store.batch();
      batch.del(entry.key, { sublevel: samples }).put(entry.key, storedPart(entry), { sublevel: aside });
      const count = this.ledger.write([this.#drop(entry, 'refused')], batch);
      await batch.write(SYNCED);
      count();
      this.#leave(entry);
    });
  }

  /** Resolves once everything that was begun is done. */
  async settled(): Promise<void> {
    await this.#tail;
  }

  /** Everything that changes the store does so one after the other. */
  #inTurn<T>(act: () => Promise<T>): Promise<T> {
    const turn = this.#tail.then(act);
    this.#tail = turn.catch(() => undefined);
    return turn;
  }

  async #store(entry: Entry): Promise<void> {
    try {
      const { bounds } = this.#options;
      const expired = await this.#expired();
      const wanted = expired.reduce((fill, old) => changed(fill, old, -1), changed(this.#fill, entry, 1));
      const full = exceeded(bounds, wanted);
      if (full === undefined) {
        await this.#write(entry, this.#drops(expired, 'age'), expired);
      } else if (bounds.whenFull === 'drop-newest') {
        await this.#write(undefined, [...this.#drops(expired, 'age'), this.#drop(entry, full)], expired);
      } else {
        const oldest = await this.#oldestBeyond(expired.length, wanted);
        const drops = [...this.#drops(expired, 'age'), ...this.#drops(oldest, full)];
        await this.#write(entry, drops, [...expired, ...oldest]);
      }
    } catch (error) {
      this.ledger.note(this.#drop(entry, 'disk'));
      throw error;
    }
  }

  /** Writes a sample, what is dropped, and takes out those that give way: all or nothing. */
  async #write(entry: Entry | undefined, drops: readonly Drop[], leaving: readonly Entry[]): Promise<void> {
    const { samples, store } = this.#layout;
    const batch = store.batch();
    for (const { key } of leaving) batch.del(key, { sublevel: samples });
    const count = this.ledger.write(drops, batch);
    if (entry) batch.put(entry.key, storedPart(entry), { sublevel: samples });
    await batch.write(SYNCED);
    count();
    for (const old of leaving) this.#leave(old);
    if (!entry) return;
    this.#fill = changed(this.#fill, entry, 1);
    this.#appends += 1;
    for (const wake of [...this.#waiting]) wake();
  }

  /** The oldest samples that are too old, a chunk of them at most. */
  async #expired(): Promise<Entry[]> {
    const now = this.#options.now();
    const isOld = (entry: Entry): boolean =>
      isTooOld(this.#options.bounds, entry, parseKey(entry.key).boot === this.#boot, now);
    const [oldest] = await this.next(1);
    if (!oldest || !isOld(oldest)) return [];
    const entries = await this.next(CHUNK);
    const firstYoung = entries.findIndex((entry) => !isOld(entry));
    return firstYoung === -1 ? entries : entries.slice(0, firstYoung);
  }

  /** The oldest samples behind the first `skip` whose absence makes room. */
  async #oldestBeyond(skip: number, wanted: Fill): Promise<Entry[]> {
    const leaving: Entry[] = [];
    let fill = wanted;
    for (const entry of (await this.next(skip + CHUNK)).slice(skip)) {
      if (exceeded(this.#options.bounds, fill) === undefined) break;
      leaving.push(entry);
      fill = changed(fill, entry, -1);
    }
    return leaving;
  }

  #drops(entries: readonly Entry[], reason: DropReason): Drop[] {
    return entries.map((entry) => this.#drop(entry, reason));
  }

  #drop({ key }: Entry, reason: DropReason): Drop {
    const { boot, seq } = parseKey(key);
    return { bootId: this.#bootIds.get(boot) ?? String(boot), seq, reason };
  }

  #leave(entry: Entry): void {
    this.#fill = changed(this.#fill, entry, -1);
    if (this.#fill.count === 0) this.#onEmpty?.();
  }
}

interface StartState {
  readonly boot: number;
  readonly bootIds: ReadonlyMap<number, string>;
  readonly fill: Fill;
}

function storedPart({ payload, atMs, wallMs, clockSynced }: Entry): StoredSample {
  return { payload, atMs, wallMs, clockSynced };
}

/** The names of process starts by number; those that have left no samples behind are forgotten. */
async function bootNames({ boots, samples }: Layout): Promise<Map<number, string>> {
  const names = new Map((await boots.iterator().all()).map(([boot, name]) => [Number(boot), name]));
  const [oldest] = await samples.keys({ limit: 1 }).all();
  const first = oldest === undefined ? Math.max(...names.keys()) : parseKey(oldest).boot;
  const gone = [...names.keys()].filter((boot) => boot < first);
  await boots.batch(gone.map((boot) => ({ type: 'del', key: String(boot) })));
  for (const boot of gone) names.delete(boot);
  return names;
}

async function measure({ samples }: Layout): Promise<Fill> {
  let fill: Fill = { count: 0, bytes: 0 };
  const iterator = samples.iterator();
  try {
    for (;;) {
      const chunk = await iterator.nextv(CHUNK);
      if (chunk.length === 0) return fill;
      for (const [key, sample] of chunk) fill = changed(fill, { key, ...sample }, 1);
    }
  } finally {
    await iterator.close();
  }
}
