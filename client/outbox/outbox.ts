import type { Logger } from '../log.ts';
import { within } from '../wait.ts';
import { DropLog } from './drop-log.ts';
import { DropLedger } from './drop-ledger.ts';
import { Quarantine } from './quarantine.ts';
import { SampleQueue, type Boot, type Usage, type SegmentRef } from './queue.ts';
import { SampleReader } from './reader.ts';
import { Retention, type Bounds, type Now } from './retention.ts';
import type { DropReason, Entry, SampleId, StoredSample } from './stored-sample.ts';
import { Segment } from './segment.ts';
import { SegmentLoader } from './segment-loader.ts';
import type { StoreProvider } from './store/store-provider.ts';
import { alreadyRunning, type Damage } from './store/recovery.ts';
import { scanStore, type StoredBoot } from './store/store-scan.ts';
import { StoreSession } from './store/store-session.ts';
import type { Tables } from './store/tables.ts';
import { StoreWriter } from './writer.ts';

/** Time after which samples that cannot be read no longer delay newer samples of the same process start. */
const MAX_UNREADABLE_MS = 3_600_000;
/** Timeout for writing the last samples when the outbox is closed. */
const CLOSE_TIMEOUT_MS = 1_000;

export interface OutboxOptions {
  /** Identifies this process start in every sample. */
  readonly bootId: string;
  readonly bounds: Bounds;
  readonly now: () => Now;
  readonly stores: StoreProvider;
  readonly path: string;
  /** Maximum time between the creation of a sample and the write to disk; 0 by default. */
  readonly syncIntervalMs?: number;
  readonly log: Logger;
}

/**
 * Persistent queue of samples for the broker. New samples are appended in memory, and a single writer copies them to disk
 * in the background; samples are delivered from the head, read from memory or disk. The disk only lets samples survive a
 * restart: delivery does not depend on it. Dropped samples are recorded in the ledger.
 */
export class Outbox {
  readonly ledger = new DropLedger();
  readonly #options: OutboxOptions;
  readonly #queue: SampleQueue;
  readonly #quarantine = new Quarantine();
  readonly #retention: Retention;
  readonly #session: StoreSession;
  readonly #writer: StoreWriter;
  readonly #dropLog: DropLog;
  readonly #listeners = new Set<() => void>();
  readonly #pending = new Map<number, (isStored: boolean) => void>();
  readonly #failure = new AbortController();
  readonly #loader: SegmentLoader;
  #isAttached = false;
  #running: Promise<void> = Promise.resolve();
  #onEmpty: (() => void) | undefined;
  #seq = 0;
  #appends = 0;
  #delivered = 0;

  private constructor(options: OutboxOptions) {
    const { bootId, bounds, now, log, path, syncIntervalMs = 0 } = options;
    this.#options = options;
    this.#queue = new SampleQueue(bootId);
    this.#dropLog = new DropLog(log);
    this.#session = new StoreSession({
      ...options,
      onOpened: (tables, damage, signal) => this.#opened(tables, damage, signal),
      onReopenRequired: () => this.#writer.reopen(),
    });
    this.#writer = new StoreWriter({
      queue: this.#queue,
      ledger: this.ledger,
      quarantine: this.#quarantine,
      session: this.#session,
      path,
      syncIntervalMs,
      log,
      onStored: (ids) => this.#stored(ids),
      onLocked: (error) => this.#failure.abort(error),
    });
    this.#loader = new SegmentLoader({ read: (ref) => this.#read(ref), onRead: () => this.#changed() });
    this.#retention = new Retention(this.#queue, {
      bounds,
      now,
      load: async (ref) => {
        // Delete the samples that were dropped before more are loaded, which bounds the memory in use.
        if (!this.#writer.isBackingOff) await this.#writer.flush();
        return await this.#loader.load(ref);
      },
      onDropped: (entries, reason) => this.#dropped(entries, reason),
    });
  }

  /**
   * Starts an outbox that accepts samples immediately, and opens its store in the background.
   * @throws ClientError `already_running` if another process has the store open.
   */
  static start(options: OutboxOptions): Outbox {
    const { stores, path } = options;
    if (stores.isOpen(path) === true) throw alreadyRunning(path);
    const outbox = new Outbox(options);
    outbox.#running = outbox.#writer.run();
    return outbox;
  }

  /** Number and size of the undelivered samples. */
  get usage(): Usage {
    return this.#queue.usage;
  }

  /** Number of samples that this process has added. */
  get appends(): number {
    return this.#appends;
  }

  /** Number of samples that the broker has acknowledged to this process. */
  get delivered(): number {
    return this.#delivered;
  }

  /** Number of failed attempts to write to disk. */
  get diskErrors(): number {
    return this.#writer.failures;
  }

  /** Aborts with a ClientError if another process has the store open. */
  get failed(): AbortSignal {
    return this.#failure.signal;
  }

  /**
   * Adds the sample that `build` creates for the next sequence number. If the outbox is full, the policy decides which
   * sample is dropped.
   * @returns resolves to true once the sample is on disk; to false if it was dropped or delivered before it was written.
   */
  append(build: (id: SampleId) => string): Promise<boolean> {
    const { bootId, now } = this.#options;
    const { atMs, wallMs, clockSynced } = now();
    const seq = this.#seq + 1;
    const payload = build({ bootId, seq });
    this.#seq = seq;
    const sample: StoredSample = { payload, atMs, wallMs, clockSynced };
    const rejection = this.#retention.rejection(sample);
    if (rejection) {
      this.#drop([{ bootId, seq, ...sample }], rejection);
      return Promise.resolve(false);
    }
    const stored = new Promise<boolean>((resolve) => this.#pending.set(seq, resolve));
    this.#queue.append(seq, sample);
    this.#retention.enforce();
    if (this.#pending.has(seq)) this.#appends += 1;
    this.#writer.appended();
    this.#changed();
    return stored;
  }

  /** Creates a reader that returns each undelivered sample once, starting with the oldest. */
  reader(): SampleReader {
    return new SampleReader({
      queue: this.#queue,
      load: (ref, signals) => this.#loadNext(ref, signals),
      enforceBounds: () => this.#retention.enforce(),
      onChange: (call) => {
        this.#listeners.add(call);
        return () => this.#listeners.delete(call);
      },
    });
  }

  /** Whether a sample is still undelivered: neither released nor dropped. */
  has(entry: Entry): boolean {
    return this.#queue.has(entry);
  }

  /** Removes a delivered sample; after a power cut it may be delivered again. */
  release(entry: Entry): void {
    if (!this.#remove(entry)) return;
    this.#delivered += 1;
    this.#writer.released();
  }

  /** Moves a sample that the broker refuses to the quarantine: it is not sent again, but kept for the owner. */
  quarantine(entry: Entry): void {
    const boot = this.#queue.boots.findLast(({ id }) => id === entry.bootId);
    if (!boot || !this.#remove(entry)) return;
    this.#quarantine.add(boot, entry);
    this.#drop([entry], 'refused');
  }

  /** Waits until all samples are delivered, `timeoutMs` have passed, or `signal` aborts. */
  async drained(timeoutMs: number, signal: AbortSignal): Promise<void> {
    if (this.usage.count === 0) return;
    const bounds = { timeoutMs, what: 'Delivering the last samples', signals: [signal] };
    await within<void>(bounds, (succeed) => {
      this.#onEmpty = succeed;
      return () => (this.#onEmpty = undefined);
    }).catch(() => undefined);
  }

  /** Resolves once retention has run and all samples are written to disk, or the write has failed. */
  async settled(): Promise<void> {
    await this.#writer.flush();
    await this.#retention.settled();
    await this.#writer.flush();
  }

  /** Writes the samples that are only in memory and closes the store, within one second. */
  async close(): Promise<void> {
    this.#writer.finish();
    const bounds = { timeoutMs: CLOSE_TIMEOUT_MS, what: 'Closing the outbox' };
    await within<void>(bounds, (succeed) => {
      void this.#running.then(() => this.#session.close()).then(succeed, succeed);
      return undefined;
    }).catch(() => undefined);
    this.#writer.abort();
    this.#dropLog.close();
    const lost = this.#queue.unstored.count;
    if (lost > 0)
      this.#options.log.error(
        { lost },
        'stopped before all samples were written to disk: the unwritten samples are lost',
      );
    for (const resolve of this.#pending.values()) resolve(false);
    this.#pending.clear();
  }

  /** Attaches a store after its first opening; later, marks everything for rewriting if it was damaged. */
  async #opened(tables: Tables, damage: Damage, signal: AbortSignal): Promise<void> {
    if (this.#isAttached) {
      if (damage !== 'none') this.#invalidateStored();
      return;
    }
    const index = await scanStore(tables, { wasDamaged: damage === 'damaged', signal });
    await this.#quarantine.attach(tables);
    await this.ledger.attach(tables);
    this.#isAttached = true;
    this.#queue.attach(index.boots.map(bootOf), index.lastBoot + 1);
    if (index.isIncomplete || damage === 'replaced') this.ledger.noteDamage();
    this.#note(index.lost, 'disk');
    this.#retention.onStoreAttached();
    this.#changed();
  }

  #invalidateStored(): void {
    this.#queue.invalidateStored();
    this.ledger.invalidateStored();
    this.#changed();
  }

  /** Loads a segment that is sent next; if it cannot be read for long, drops it to deliver the samples after it. */
  async #loadNext(ref: SegmentRef, signals: readonly AbortSignal[]): Promise<boolean> {
    if (await this.#loader.load(ref, signals)) return true;
    // Samples of earlier process starts delay no others.
    if (ref.boot !== this.#queue.current || this.#loader.failingForMs < MAX_UNREADABLE_MS) return false;
    this.#retention.dropUnreadable(ref);
    return true;
  }

  async #read(ref: SegmentRef): Promise<boolean> {
    try {
      const lost = await this.#queue.load(ref, async (boot, segment) => {
        const rows = await this.#session.read(boot, segment);
        if (!rows) throw new Error('Cannot read the outbox');
        return rows;
      });
      if (lost.length > 0) this.#drop(lost, 'disk');
      return true;
    } catch {
      return false;
    }
  }

  #dropped(entries: readonly Entry[], reason: DropReason): void {
    for (const entry of entries) this.#settle(entry, false);
    this.#drop(entries, reason);
    this.#checkEmpty();
  }

  #drop(ids: readonly SampleId[], reason: DropReason): void {
    this.#note(ids, reason);
    this.#writer.dropped(ids.length);
  }

  #note(ids: readonly SampleId[], reason: DropReason): void {
    if (ids.length === 0) return;
    this.ledger.note(ids, reason);
    this.#dropLog.note(ids, reason);
  }

  #remove(entry: Entry): boolean {
    const isThere = this.#queue.remove(entry);
    if (isThere) this.#settle(entry, false);
    this.#checkEmpty();
    return isThere;
  }

  #checkEmpty(): void {
    if (this.usage.count === 0) this.#onEmpty?.();
  }

  #stored(ids: readonly SampleId[]): void {
    for (const id of ids) this.#settle(id, true);
  }

  #settle({ bootId, seq }: SampleId, isStored: boolean): void {
    if (bootId !== this.#options.bootId) return;
    this.#pending.get(seq)?.(isStored);
    this.#pending.delete(seq);
  }

  #changed(): void {
    for (const call of [...this.#listeners]) call();
  }
}

function bootOf({ number, id, segments }: StoredBoot): Boot {
  return {
    id,
    number,
    segments: [...segments].map(([segment, row]) => Segment.stored(segment, row)),
    // Written again at each process start, so that the row is in the newest file of the store.
    isDirty: true,
  };
}
