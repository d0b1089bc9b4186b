import { Contents } from './contents.ts';
import { keyOf, numbered, parseKey, UNNUMBERED, type Entry } from './entry.ts';
import { deleteFrom, putInto, SYNCED, UNSYNCED, type Batch, type Layout, type Store } from './layout.ts';
import { Ledger, type Drop, type DropReason } from './ledger.ts';
import type { Departure } from './making-room.ts';
import { Storage, type Probe } from './storage.ts';
import { survey, type Survey } from './survey.ts';

/** Samples that no broker takes are kept for their owner, the newest of them. */
const KEPT_ASIDE = 1_000;

/** What a change is to bring about. */
interface Plan {
  /** A new sample. */
  readonly entry?: Entry | undefined;
  /** Samples that go. */
  readonly departures?: readonly Departure[];
  readonly also?: (batch: Batch, layout: Layout) => void;
  readonly options?: object;
}

/**
 * What is in an outbox and what was dropped from it, in memory and in the store, which may come later; each change of
 * the store takes along what the store does not know yet.
 */
export class Stock {
  readonly contents = new Contents();
  readonly ledger = Ledger.empty();
  readonly #bootId: string;
  readonly #probe: Probe;
  #storage: Storage | undefined;
  /** Numbers and names of process starts. */
  #boot = UNNUMBERED;
  #bootIds: ReadonlyMap<number, string>;
  /** What an earlier process has left, until the store knows of this one. */
  #found: Survey | undefined;

  /** @param probe finds out whether the disk takes writes again after one has failed. */
  constructor(bootId: string, probe: Probe) {
    this.#bootId = bootId;
    this.#probe = probe;
    this.#bootIds = new Map([[this.#boot, bootId]]);
  }

  /** Whether there is a store. */
  get hasStore(): boolean {
    return this.#storage !== undefined;
  }

  /** Whether the store has everything, but for what has failed since. */
  get isOnDisk(): boolean {
    return this.#storage !== undefined && this.#found === undefined;
  }

  /** The key of a sample of this process start. */
  keyOf(seq: number): string {
    return keyOf(this.#boot, seq);
  }

  /** What the key of a sample is by now: it changes once, when the process start gets its number. */
  currentKey(key: string): string {
    return numbered(key, this.#boot);
  }

  isOfThisBoot(key: string): boolean {
    return parseKey(key)?.boot === this.#boot;
  }

  /** What the ledger has to say of a sample: nothing where the disk has spoilt even its number. */
  drops(key: string, reason: DropReason): Drop[] {
    const place = parseKey(key);
    if (!place) return [];
    return [{ bootId: this.#bootIds.get(place.boot) ?? String(place.boot), seq: place.seq, reason }];
  }

  /**
   * Puts what an opened store holds in front of what memory holds; the next `commit` makes one of the two.
   * @throws NewerStoreError, or what the store throws; nothing has changed then.
   */
  async takeUp(store: Store): Promise<void> {
    const storage = await Storage.open(store, this.#probe);
    const found = await survey(storage.layout);
    const ledger = await Ledger.open(storage.layout);
    this.#storage = storage;
    this.#found = found;
    this.#boot = found.lastBoot + 1;
    this.#bootIds = new Map([...found.bootIds, [this.#boot, this.#bootId]]);
    this.contents.join(storage, found.fill, this.#boot);
    this.ledger.join(ledger);
    this.ledger.note(found.spoilt.flatMap((key) => this.drops(key, 'disk')));
  }

  /** Gets over an earlier failure of the disk. @throws what the disk throws. */
  async ready(): Promise<void> {
    await this.#storage?.ready();
  }

  /** Makes a change, and writes what is only remembered with it. @throws what the disk throws. */
  async commit({ entry, departures = [], also, options = SYNCED }: Plan): Promise<void> {
    const drops = departures.flatMap((old) => this.drops(old.entry.key, old.reason));
    const found = this.#found;
    let noted: () => void;
    let moved: (late: boolean) => void;
    await this.#storage?.commit(
      {
        write: (batch, layout) => {
          // A repair may find no more than the beginning of it: nothing goes before the ledger says so.
          if (found) this.#register(found, batch, layout);
          also?.(batch, layout);
          noted = this.ledger.write(drops, batch, layout);
          moved = this.contents.write({ entry, departures }, batch, layout);
        },
        done: (late) => {
          noted();
          moved(late);
          this.#found = undefined;
        },
      },
      options,
    );
  }

  /** Writes what is only remembered. @throws what the disk throws. */
  async settle(options: object): Promise<void> {
    if (this.isSettled) return;
    await this.ready();
    await this.commit({ options });
  }

  /** Whether nothing is only remembered. */
  get isSettled(): boolean {
    return this.contents.isWritten && this.ledger.isWritten;
  }

  /** Lets the oldest go of those that were set aside. @throws what the disk throws. */
  async trimAside(): Promise<void> {
    if (!this.#storage || !this.isOnDisk) {
      this.contents.trimKept(KEPT_ASIDE);
      return;
    }
    const keys = await this.#storage.layout.aside.keys({ reverse: true }).all();
    const surplus = keys.slice(KEPT_ASIDE);
    if (surplus.length === 0) return;
    await this.commit({
      also: (batch, { aside }) => surplus.forEach((key) => deleteFrom(batch, aside, key)),
      options: UNSYNCED,
    });
  }

  /** Lets the store go. */
  async close(): Promise<void> {
    await this.#storage?.close();
  }

  #register({ goneBoots, spoilt }: Survey, batch: Batch, { meta, boots, samples }: Layout): void {
    putInto(batch, meta, 'boot', this.#boot);
    putInto(batch, boots, String(this.#boot), this.#bootId);
    for (const boot of goneBoots) deleteFrom(batch, boots, String(boot));
    for (const key of spoilt) deleteFrom(batch, samples, key);
  }
}
