import type { StoredRows } from '../segment.ts';
import { openStore, takesWrites, type Damage, type StorePlace } from './recovery.ts';
import { readSegment } from './store-scan.ts';
import type { Batch, Store, Tables } from './tables.ts';

/** How long a store that could not be read is left alone. */
const UNREADABLE_MS = 10_000;
/** A process that lives so long with a store is not about to crash over it. */
const STABLE_MS = 60_000;

/** A store that works fails to read once at most. */
const MAX_READ_FAILURES = 2;

export interface SessionOptions extends StorePlace {
  /** Reads what it needs of a store that has just been opened. */
  readonly onOpened: (tables: Tables, damage: Damage, signal: AbortSignal) => Promise<void>;
  /** Is told when the store has to be opened again. */
  readonly onDoubt: () => void;
}

/**
 * The store of a running client, which may fail, and come back. A write that failed is not the end of the matter: LevelDB's
 * log may hold half a record of it, behind which the next start can read nothing. So nothing else is written before the
 * store was closed and opened again, which begins a new log.
 */
export class StoreSession {
  readonly #options: SessionOptions;
  #tables: Tables | undefined;
  /** What could be written last is not known, or what it holds could not be read. */
  #isDoubtful = false;
  #isDamaged = false;
  #isMarked = false;
  #stable: NodeJS.Timeout | undefined;
  #readableAtMs = -Infinity;
  #readFailures = 0;

  constructor(options: SessionOptions) {
    this.#options = options;
  }

  /** Whether it can be written to, as far as is known. */
  get isReady(): boolean {
    return this.#tables !== undefined && !this.#isDoubtful;
  }

  /**
   * Opens the store, for the first time or after a failure.
   * @param isRetry whether the last attempt has failed as well, so that its reason is known.
   * @throws ClientError `already_running`; the reason of the signal; what the disk says.
   */
  async open(isRetry: boolean, signal: AbortSignal): Promise<void> {
    if (this.isReady) return;
    const { stores, path } = this.#options;
    // As long as the disk takes nothing the store stays open: samples can still be read.
    if (this.#tables) await stores.probe(path);
    await this.#close();
    try {
      await openStore(this.#options, {
        crashes: this.#mark(),
        isDamaged: this.#isDamaged,
        isRetry,
        signal,
        use: async (tables, damage) => {
          await this.#options.onOpened(tables, damage, signal);
          this.#tables = tables;
        },
      });
    } catch (error) {
      this.#release();
      throw error;
    }
    this.#isDoubtful = false;
    this.#isDamaged = false;
    this.#readableAtMs = -Infinity;
    this.#readFailures = 0;
  }

  /** Makes a change, all of it or nothing. @throws what the disk throws: it may have happened all the same. */
  async write(fill: (batch: Batch, tables: Tables) => void, options: object): Promise<void> {
    if (!this.#tables) throw new Error('The store is not open');
    try {
      const batch = this.#tables.store.batch();
      fill(batch, this.#tables);
      await batch.write(options);
    } catch (error) {
      this.#isDoubtful = true;
      this.#isDamaged = isCorruption(error);
      throw error;
    }
  }

  /** The samples of a segment; undefined while they cannot be read. Never fails. */
  async read(boot: number, segment: number): Promise<StoredRows | undefined> {
    const tables = this.#tables;
    if (!tables || performance.now() < this.#readableAtMs) return undefined;
    try {
      const rows = await readSegment(tables, boot, segment);
      this.#readFailures = 0;
      return rows;
    } catch (error) {
      this.#readableAtMs = performance.now() + UNREADABLE_MS;
      if (tables === this.#tables) await this.#suspect(error);
      return undefined;
    }
  }

  /** Lets the store go. */
  async close(): Promise<void> {
    await this.#close();
    this.#release();
  }

  /** A store that cannot be read on a disk that takes writes is damaged. */
  async #suspect(error: unknown): Promise<void> {
    this.#readFailures += 1;
    const isCertain = isCorruption(error) || this.#readFailures >= MAX_READ_FAILURES;
    if (!isCertain || !(await takesWrites(this.#options))) return;
    this.#options.log.error({ err: error, path: this.#options.path }, 'the outbox cannot be read');
    this.#isDoubtful = true;
    this.#isDamaged = true;
    this.#options.onDoubt();
  }

  async #close(): Promise<void> {
    const store: Store | undefined = this.#tables?.store;
    this.#tables = undefined;
    await store?.close();
  }

  /** Once for each process: how many before it have crashed. */
  #mark(): number {
    if (this.#isMarked) return 0;
    this.#isMarked = true;
    this.#stable = setTimeout(() => this.#release(), STABLE_MS);
    return this.#options.stores.inUse(this.#options.path);
  }

  #release(): void {
    clearTimeout(this.#stable);
    if (this.#isMarked) this.#options.stores.released(this.#options.path);
    this.#isMarked = false;
  }
}

function isCorruption(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'LEVEL_CORRUPTION';
}
