import { openLayout, putInto, type Batch, type Layout, type Store } from './layout.ts';

/** Resolves where the disk takes writes; rejects with what it says instead. */
export type Probe = () => Promise<void>;

/** A change of the store: all of it happens, or nothing. */
export interface Change {
  /** Puts and deletes what there is to put and to delete. */
  readonly write: (batch: Batch, layout: Layout) => void;
  /** Makes it count in memory, once the store has it; `late` after it was given up, because the disk reported a failure. */
  readonly done: (late: boolean) => void;
}

/**
 * The tables of a store whose disk may fail, and come back. A write that failed is not the end of the matter: LevelDB's
 * log may hold half a record of it, behind which the next start can read nothing, or a whole one that only could not be
 * synced. So nothing else is written before the store was closed and opened again, which begins a new log, and was
 * asked what became of that write.
 */
export class Storage {
  readonly #store: Store;
  readonly #probe: Probe;
  #layout: Layout;
  /** Number of the latest change; each writes its own. */
  #number: number;
  #doubtful: Change | undefined;
  #isOpen = true;

  private constructor(layout: Layout, number: number, probe: Probe) {
    this.#store = layout.store;
    this.#probe = probe;
    this.#layout = layout;
    this.#number = number;
  }

  /** Takes an opened store. @throws NewerStoreError, or what the store throws. */
  static async open(store: Store, probe: Probe): Promise<Storage> {
    const layout = await openLayout(store);
    return new Storage(layout, (await layout.meta.get('change')) ?? 0, probe);
  }

  get layout(): Layout {
    return this.#layout;
  }

  /** Whether it can be read just now: not after it could not be opened again, or did not say what it holds. */
  get isOpen(): boolean {
    return this.#isOpen;
  }

  /** Gets over an earlier failure, so that the next change may be decided on. @throws what the disk throws. */
  async ready(): Promise<void> {
    if (!this.#doubtful) return;
    // As long as the disk takes nothing the store stays open: samples can still be read and delivered.
    await this.#probe();
    this.#isOpen = false;
    await this.#store.close();
    await this.#store.open();
    this.#layout = await openLayout(this.#store);
    const number = await this.#layout.meta.get('change');
    if (number === this.#number) this.#doubtful.done(true);
    this.#doubtful = undefined;
    this.#isOpen = true;
  }

  /** Makes a change; only when `ready`. @throws what the disk throws: the next `ready` finds out whether it happened. */
  async commit(change: Change, options: object): Promise<void> {
    this.#number += 1;
    const batch = this.#store.batch();
    putInto(batch, this.#layout.meta, 'change', this.#number);
    change.write(batch, this.#layout);
    try {
      await batch.write(options);
    } catch (error) {
      this.#doubtful = change;
      throw error;
    }
    change.done(false);
  }

  /** Lets the store go. */
  async close(): Promise<void> {
    this.#isOpen = false;
    await this.#store.close();
  }
}
