import type { StoredRows } from '../segment.ts';
import {
  CrashCount,
  isCorruption,
  isWritable,
  openStore,
  type Damage,
  type StoreContext,
} from './recovery.ts';
import { readSegment } from './store-scan.ts';
import type { Batch, Store, Tables } from './tables.ts';

/** Interval between attempts to read a store after a failure. */
const UNREADABLE_MS = 10_000;
/** Number of consecutive read failures after which a store counts as damaged. */
const MAX_READ_FAILURES = 2;

/** Numbers of a process start and of one of its segments. */
type SegmentKey = readonly [boot: number, segment: number];

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
  readonly #crashCount: CrashCount;
  #tables: Tables | undefined;
  /** Why the store must be opened again: after a failed write, or to repair it. */
  #fault: 'none' | 'write failed' | 'damaged' = 'none';
  #readableAtMs = -Infinity;
  #readFailures = 0;
  /**
   * Key of a segment that could not be read and led to a repair. It is kept if the repair has not helped: a second one
   * cannot either, and takes long on a large store.
   */
  #unreadable: SegmentKey | undefined;

  constructor(options: SessionOptions) {
    this.#options = options;
    this.#crashCount = new CrashCount(options);
  }

  /** Whether it is open and no failure is known. */
  get isReady(): boolean {
    return this.#tables !== undefined && this.#fault === 'none';
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
    const crashes = this.#crashCount.begin();
    try {
      await openStore(this.#options, {
        crashes,
        isDamaged: this.#fault === 'damaged',
        isRetry,
        signal,
        use: async (tables, damage) => {
          await this.#options.onOpened(tables, damage, signal);
          this.#tables = tables;
        },
      });
    } catch (error) {
      this.#crashCount.end(crashes);
      throw error;
    }
    this.#fault = 'none';
    this.#readableAtMs = -Infinity;
    this.#readFailures = 0;
    await this.#checkRepair();
  }

  /** Writes a batch atomically. @throws what the disk throws; the batch may have been applied nevertheless. */
  async write(fill: (batch: Batch, tables: Tables) => void, options: object): Promise<void> {
    if (!this.#tables) throw new Error('The store is not open');
    try {
      const batch = this.#tables.store.batch();
      fill(batch, this.#tables);
      await batch.write(options);
    } catch (error) {
      if (this.#fault === 'none') this.#fault = 'write failed';
      // Damage that was found during the write must still be repaired.
      if (isCorruption(error)) this.#fault = 'damaged';
      throw error;
    }
  }

  /** Reads the samples of a segment. @throws what the disk throws, also if that was not long ago. */
  async read(boot: number, segment: number): Promise<StoredRows> {
    const tables = this.#tables;
    if (!tables || performance.now() < this.#readableAtMs) throw new Error('The store cannot be read now');
    try {
      const rows = await readSegment(tables, boot, segment);
      this.#readFailures = 0;
      if (boot === this.#unreadable?.[0] && segment === this.#unreadable[1]) this.#unreadable = undefined;
      return rows;
    } catch (error) {
      this.#readableAtMs = performance.now() + UNREADABLE_MS;
      await this.#checkDamage(tables, [boot, segment], error);
      throw error;
    }
  }

  /** Closes the store. */
  async close(): Promise<void> {
    await this.#close();
    this.#crashCount.end();
  }

  /** Marks the store as damaged if reading fails although writes succeed, unless a repair has not helped. */
  async #checkDamage(tables: Tables, key: SegmentKey, error: unknown): Promise<void> {
    if (tables !== this.#tables) return;
    this.#readFailures += 1;
    const isCertain = isCorruption(error) || this.#readFailures >= MAX_READ_FAILURES;
    if (this.#unreadable || this.#fault !== 'none' || !isCertain) return;
    if (!(await isWritable(this.#options))) return;
    // It may have been opened again in the meantime.
    if (tables !== this.#tables) return;
    this.#unreadable = key;
    this.#options.log.error({ err: error, path: this.#options.path }, 'cannot read the outbox');
    this.#fault = 'damaged';
    this.#options.onReopenRequired();
  }

  /** Checks whether a repair has made the segment readable that led to it. */
  async #checkRepair(): Promise<void> {
    const [tables, key] = [this.#tables, this.#unreadable];
    if (!tables || !key) return;
    const isReadable = await readSegment(tables, ...key).then(
      () => true,
      () => false,
    );
    if (isReadable) this.#unreadable = undefined;
  }

  async #close(): Promise<void> {
    const store: Store | undefined = this.#tables?.store;
    this.#tables = undefined;
    await store?.close();
  }
}
