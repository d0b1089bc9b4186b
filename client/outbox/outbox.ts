import { untilCalled, within } from '../wait.ts';
import type { Bounds, Fill, Now } from './bounds.ts';
import type { Contents } from './contents.ts';
import { storedPart, type Entry, type StoredSample } from './entry.ts';
import { Intake } from './intake.ts';
import type { LateDisk } from './late-disk.ts';
import { SYNCED, UNSYNCED, type Store } from './layout.ts';
import type { Ledger } from './ledger.ts';
import type { SampleId } from './sample-id.ts';
import { Stock } from './stock.ts';
import type { Probe } from './storage.ts';

export interface OutboxOptions {
  /** Names this process start in every sample. */
  readonly bootId: string;
  readonly bounds: Bounds;
  readonly now: () => Now;
  /** Finds out whether the disk takes writes again after one has failed. */
  readonly probe?: Probe;
}

/**
 * Samples on their way to the broker: stored first, removed once delivered. What an earlier process left behind comes
 * first. What has to give way is noted in the ledger, never forgotten in silence. It goes on where the disk fails: what
 * the disk does not take is remembered, and written with the next change that it takes. Where the disk fails from the
 * start on, that is everything, until it works.
 */
export class Outbox {
  readonly ledger: Ledger;
  readonly #stock: Stock;
  readonly #contents: Contents;
  readonly #intake: Intake;
  readonly #options: OutboxOptions;
  readonly #waiting = new Set<() => void>();
  #seq = 0;
  #appends = 0;
  #delivered = 0;
  #rewinds = 0;
  #tail: Promise<unknown> = Promise.resolve();

  private constructor(options: OutboxOptions, lateDisk?: LateDisk) {
    this.#stock = new Stock(options.bootId, options.probe ?? (() => Promise.resolve()));
    this.#contents = this.#stock.contents;
    this.ledger = this.#stock.ledger;
    this.#options = options;
    this.#intake = new Intake(this.#stock, { ...options, lateDisk, onFound: () => this.#found() });
  }

  /** Takes up what an opened store holds. @throws NewerStoreError, or what the store throws. */
  static async open(store: Store, options: OutboxOptions): Promise<Outbox> {
    const outbox = new Outbox(options);
    await outbox.#stock.takeUp(store);
    await outbox.#intake.begin();
    return outbox;
  }

  /** Keeps samples in memory until there is a disk, for which each append looks. */
  static inMemory(lateDisk: LateDisk, options: OutboxOptions): Outbox {
    return new Outbox(options, lateDisk);
  }

  /** What waits. */
  get fill(): Fill {
    return this.#contents.fill;
  }

  /** How many samples this process has stored, and delivered. */
  get appends(): number {
    return this.#appends;
  }

  get delivered(): number {
    return this.#delivered;
  }

  /**
   * How often samples of earlier processes have come to light behind which `next` may have gone on reading. They are
   * read from the start again, which is best done once everything that it has handed out is removed.
   */
  get rewinds(): number {
    return this.#rewinds;
  }

  /**
   * Waits until there were more appends than `appends`, or older samples have come to light; fails with the reason of
   * the first signal that aborts.
   */
  async appendedSince(appends: number, signals: readonly AbortSignal[]): Promise<void> {
    if (this.#appends > appends) return;
    await untilCalled((wake) => {
      this.#waiting.add(wake);
      return () => this.#waiting.delete(wake);
    }, signals);
  }

  /** Waits until everything is delivered, but not longer than `timeoutMs`, nor than `signal` lives. */
  async drained(timeoutMs: number, signal: AbortSignal): Promise<void> {
    if (this.fill.count === 0) return;
    const bounds = { timeoutMs, what: 'Delivering the last samples', signals: [signal] };
    await within<void>(bounds, (succeed) => {
      this.#contents.onEmpty = succeed;
      return () => (this.#contents.onEmpty = undefined);
    }).catch(() => undefined);
  }

  /**
   * Stores what `build` makes of the next sequence number; resolves once it would survive a power cut, or is in memory
   * until there is a disk. Where the outbox is full, older samples or this one give way, as the policy says: `false`
   * where it was this one.
   * @throws what the disk throws; the sample counts as dropped then.
   */
  append(build: (id: SampleId) => string): Promise<boolean> {
    const { atMs, wallMs, clockSynced } = this.#options.now();
    const seq = this.#seq + 1;
    const payload = build({ bootId: this.#options.bootId, seq });
    this.#seq = seq;
    return this.#inTurn(async () => {
      const isTaken = await this.#intake.take(seq, { payload, atMs, wallMs, clockSynced });
      if (isTaken) {
        this.#appends += 1;
        this.#wake();
      }
      return isTaken;
    });
  }

  /** Up to `limit` samples behind the one of `after`, oldest first; none while the disk cannot be read. */
  next(limit: number, after = ''): Promise<Entry[]> {
    return this.#inTurn(async () => {
      const entries: Entry[] = [];
      for await (const entry of this.#contents.entries(this.#stock.currentKey(after))) {
        if (entries.push(entry) >= limit) break;
      }
      this.#contents.handOut(entries);
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
      for (const entry of entries) if (this.#letGo(entry)) this.#delivered += 1;
      if (this.#stock.isOnDisk) await this.#stock.settle(UNSYNCED);
    });
  }

  /**
   * Puts a sample of `next` aside that no broker takes: kept for its owner, but never sent again.
   * @throws what the disk throws; it is told again with the next change.
   */
  setAside(entry: Entry): Promise<void> {
    return this.#inTurn(async () => {
      if (!this.#letGo(entry, storedPart(entry))) return;
      this.ledger.note(this.#stock.drops(this.#stock.currentKey(entry.key), 'refused'));
      if (this.#stock.isOnDisk) await this.#stock.settle(SYNCED);
      await this.#stock.trimAside();
    });
  }

  /** Resolves once everything that was begun is done. */
  async settled(): Promise<void> {
    await this.#tail;
  }

  /** Takes everything that was begun to its end and lets the store go. */
  async close(): Promise<void> {
    const settle = async (): Promise<void> => {
      if (!this.#stock.isSettled && (await this.#intake.reachDisk())) await this.#stock.settle(SYNCED);
    };
    await this.#inTurn(settle).catch(() => undefined);
    await this.#stock.close();
  }

  /** Everything that touches the store does so one after the other. */
  #inTurn<T>(act: () => Promise<T>): Promise<T> {
    const turn = this.#tail.then(act);
    this.#tail = turn.catch(() => undefined);
    return turn;
  }

  /** Lets a sample go that was handed out, unless it has gone already; `kept` is what is to be set aside of it. */
  #letGo(entry: Entry, kept?: StoredSample): boolean {
    const key = this.#stock.currentKey(entry.key);
    const isThere = this.#contents.isHandedOut(key);
    if (isThere) this.#contents.letGo(key, entry, kept);
    return isThere;
  }

  #found(): void {
    this.#rewinds += 1;
    this.#wake();
  }

  #wake(): void {
    for (const wake of [...this.#waiting]) wake();
  }
}
