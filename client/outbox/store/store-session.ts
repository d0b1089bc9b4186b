import type { StoredRows } from '../segment.ts';
import { openStore, isWritable, type Damage, type StoreContext } from './recovery.ts';
import { readSegment } from './store-scan.ts';
import type { Batch, Store, Tables } from './tables.ts';

/** Interval between attempts to read a store after a failure. */
const UNREADABLE_MS = 10_000;
/** Time after which a process with an open store no longer counts as crashed by it. */
const STABLE_MS = 60_000;

/** Number of consecutive read failures after which a store counts as damaged. */
const MAX_READ_FAILURES = 2;

export interface SessionOptions extends StoreContext {
  /** Called with a store that was just opened; it is recovered if this fails. */
  readonly onOpened: (tables: Tables, damage: Damage, signal: AbortSignal) => Promise<void>;
  /** Called when the store must be opened again. */
  readonly onReopenRequired: () => void;
}

/**
 * The store of a running client, reopened after failures. A failed write may leave half a record in LevelDB's log, and
 * everything after it is unreadable at the next start. The store is therefore closed and reopened, which starts a new log,
 * before anything else is written.
 */
export class StoreSession {
  readonly #options: SessionOptions;
  #tables: Tables | undefined;
  /** Set after a failed write, or if the store is unreadable. */
  #mustReopen = false;
  #isDamaged = false;
  #isMarkedInUse = false;
  #stable: NodeJS.Timeout | undefined;
  #readableAtMs = -Infinity;
  #readFailures = 0;
  /** Whether it was repaired because of failed reads. A second repair cannot help, and takes long on a large store. */
  #isRepaired = false;

  constructor(options: SessionOptions) {
    this.#options = options;
  }

  /** Whether it is open and no failure is known. */
  get isReady(): boolean {
    return this.#tables !== undefined && !this.#mustReopen;
  }

  /**
   * Opens the store, for the first time or after a failure.
   * @param isRetry whether the last attempt failed as well, so that the reason is already logged.
   * @throws ClientError `already_running`; the reason of the signal; the error of the disk.
   */
  async open(isRetry: boolean, signal: AbortSignal): Promise<void> {
    if (this.isReady) return;
    const { stores, path } = this.#options;
    // While writes fail, the store stays open for reading.
    if (this.#tables) await stores.probe(path);
    await this.#close();
    const crashes = this.#markInUse();
    try {
      await openStore(this.#options, {
        crashes,
        isDamaged: this.#isDamaged,
        isRetry,
        signal,
        use: async (tables, damage) => {
          await this.#options.onOpened(tables, damage, signal);
          this.#tables = tables;
        },
      });
    } catch (error) {
      this.#clearInUse(crashes);
      throw error;
    }
    this.#mustReopen = false;
    this.#isDamaged = false;
    this.#readableAtMs = -Infinity;
    this.#readFailures = 0;
  }

  /** Writes a batch atomically. @throws what the disk throws; the batch may have been applied nevertheless. */
  async write(fill: (batch: Batch, tables: Tables) => void, options: object): Promise<void> {
    if (!this.#tables) throw new Error('The store is not open');
    try {
      const batch = this.#tables.store.batch();
      fill(batch, this.#tables);
      await batch.write(options);
    } catch (error) {
      this.#mustReopen = true;
      this.#isDamaged = isCorruption(error);
      throw error;
    }
  }

  /** Reads the samples of a segment; resolves to undefined if that fails. Never rejects. */
  async read(boot: number, segment: number): Promise<StoredRows | undefined> {
    const tables = this.#tables;
    if (!tables || performance.now() < this.#readableAtMs) return undefined;
    try {
      const rows = await readSegment(tables, boot, segment);
      this.#readFailures = 0;
      return rows;
    } catch (error) {
      this.#readableAtMs = performance.now() + UNREADABLE_MS;
      if (tables === this.#tables) await this.#checkDamage(error);
      return undefined;
    }
  }

  /** Closes the store. */
  async close(): Promise<void> {
    await this.#close();
    this.#clearInUse();
  }

  /** Marks the store as damaged if reading fails although writes succeed, once per process. */
  async #checkDamage(error: unknown): Promise<void> {
    this.#readFailures += 1;
    const isCertain = isCorruption(error) || this.#readFailures >= MAX_READ_FAILURES;
    if (this.#isRepaired || this.#mustReopen || !isCertain) return;
    if (!(await isWritable(this.#options))) return;
    this.#isRepaired = true;
    this.#options.log.error({ err: error, path: this.#options.path }, 'cannot read the outbox');
    this.#mustReopen = true;
    this.#isDamaged = true;
    this.#options.onReopenRequired();
  }

  async #close(): Promise<void> {
    const store: Store | undefined = this.#tables?.store;
    this.#tables = undefined;
    await store?.close();
  }

  /** Marks the store as in use, once per process; returns the number of consecutive crashes before. */
  #markInUse(): number {
    if (this.#isMarkedInUse) return 0;
    this.#isMarkedInUse = true;
    this.#stable = setTimeout(() => this.#clearInUse(), STABLE_MS);
    return this.#options.stores.markInUse(this.#options.path);
  }

  /** @param crashes the number to restore if the store could not be opened: the mark of another process must remain. */
  #clearInUse(crashes = 0): void {
    clearTimeout(this.#stable);
    if (this.#isMarkedInUse) this.#options.stores.clearInUse(this.#options.path, crashes);
    this.#isMarkedInUse = false;
  }
}

function isCorruption(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'LEVEL_CORRUPTION';
}
