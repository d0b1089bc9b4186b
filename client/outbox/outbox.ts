import { within } from '../wait.ts';
import { DropLedger } from './drops.ts';
import { Quarantine } from './quarantine.ts';
import { SampleQueue, type Usage } from './queue.ts';
import { SampleReader } from './reader.ts';
import { Retention, type Bounds, type Now } from './retention.ts';
import { SegmentLoader } from './segment-loader.ts';
import type { DropReason, Entry, SampleId, StoredSample } from './stored-sample.ts';
import { alreadyRunning, type Damage, type StoreContext } from './store/recovery.ts';
import { scanStore } from './store/store-scan.ts';
import { StoreSession } from './store/store-session.ts';
import type { Tables } from './store/tables.ts';
import { StoreWriter } from './writer.ts';

/** Timeout for writing the last samples when the outbox is closed. */
const CLOSE_TIMEOUT_MS = 1_000;

export interface OutboxOptions extends StoreContext {
  /** Identifies this process start in every sample. */
  readonly bootId: string;
  readonly bounds: Bounds;
  readonly now: () => Now;
  /** Maximum time between the creation of a sample and the write to disk; 0 by default. */
  readonly syncIntervalMs?: number;
}

/**
 * Persistent queue of samples for the broker. New samples are appended in memory, and a single writer copies them to disk
 * in the background; samples are delivered from the head, read from memory or disk. The disk only lets samples survive a
 * restart: delivery does not depend on it. Dropped samples are recorded in the ledger.
 */
export class Outbox {
  /** What was dropped, and why. */
  readonly ledger: DropLedger;
  readonly #options: OutboxOptions;
  /** Which samples wait, in memory or on disk. */
  readonly #queue: SampleQueue;
  /** Samples that the broker refuses. */
  readonly #quarantine = new Quarantine();
  /** Drops what exceeds the bounds. */
  readonly #retention: Retention;
  /** Reads samples from disk into the queue. */
  readonly #loader: SegmentLoader;
  /** The open store, recovered if it is damaged. */
  readonly #session: StoreSession;
  /** Writes changes of queue, ledger and quarantine to the store. */
  readonly #writer: StoreWriter;
  /** Callbacks of samples that are not on disk yet. */
  readonly #pending = new Map<number, (isStored: boolean) => void>();
  readonly #failure = new AbortController();
  #isAttached = false;
  #running: Promise<void> = Promise.resolve();
  #seq = 0;
  #appends = 0;
  #delivered = 0;

  private constructor(options: OutboxOptions) {
    this.#options = options;
    this.ledger = new DropLedger(options.log);
    this.#queue = new SampleQueue(options.bootId);
    this.#session = new StoreSession({
      ...options,
      onOpened: (tables, damage, signal) => this.#opened(tables, damage, signal),
      onReopenRequired: () => this.#writer.reopen(),
    });
    this.#writer = new StoreWriter({
      syncIntervalMs: 0,
      ...options,
      queue: this.#queue,
      ledger: this.ledger,
      quarantine: this.#quarantine,
      session: this.#session,
      onStored: (ids) => this.#settle(ids, true),
      onLocked: (error) => this.#failure.abort(error),
    });
    this.#loader = new SegmentLoader({
      queue: this.#queue,
      read: (boot, segment) => this.#session.read(boot, segment),
      onLost: (entries) => this.#dropped(entries, 'disk'),
    });
    this.#retention = new Retention(this.#queue, {
      ...options,
      load: async (segment) => {
        // Delete the samples that were dropped before more are loaded, which bounds the memory in use.
        if (!this.#writer.isBackingOff) await this.#writer.flush();
        return await this.#loader.load(segment);
      },
      onDropped: (entries, reason) => this.#dropped(entries, reason),
    });
  }

  /**
   * Starts an outbox that accepts samples immediately, and opens its store in the background.
   * @throws ClientError `already_running` if another process has the store open.
   */
  static start(options: OutboxOptions): Outbox {
    if (options.stores.isOpen(options.path) === true) throw alreadyRunning(options.path);
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
      this.#dropped([{ bootId, seq }], rejection);
      return Promise.resolve(false);
    }
    const stored = new Promise<boolean>((resolve) => this.#pending.set(seq, resolve));
    this.#queue.append(seq, sample);
    this.#retention.enforce();
    if (this.#pending.has(seq)) this.#appends += 1;
    this.#writer.appended();
    return stored;
  }

  /** Creates a reader that returns each undelivered sample once, starting with the oldest. */
  reader(): SampleReader {
    return new SampleReader(this.#queue, this.#loader, this.#retention);
  }

  /** Whether a sample is still undelivered: neither released nor dropped. */
  has(entry: Entry): boolean {
    return this.#queue.has(entry);
  }

  /** Removes a delivered sample; after a power cut it may be delivered again. */
  release(entry: Entry): void {
    if (!this.#queue.remove(entry)) return;
    this.#settle([entry], false);
    this.#delivered += 1;
    this.#writer.released();
  }

  /** Moves a sample that the broker refuses to the quarantine: it is not sent again, but kept for the owner. */
  quarantine(entry: Entry): void {
    const boot = this.#queue.bootOf(entry);
    if (!boot || !this.#queue.remove(entry)) return;
    this.#quarantine.add(boot, entry);
    this.#dropped([entry], 'refused');
  }

  /** Waits until all samples are delivered, `timeoutMs` have passed, or `signal` aborts. */
  async drained(timeoutMs: number, signal: AbortSignal): Promise<void> {
    if (this.usage.count === 0) return;
    const bounds = { timeoutMs, what: 'Delivering the last samples', signals: [signal] };
    await within<void>(bounds, (succeed) => {
      this.#queue.onEmpty = succeed;
      return () => (this.#queue.onEmpty = undefined);
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
    this.ledger.close();
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
      if (damage === 'none') return;
      this.#queue.invalidateStored();
      this.ledger.invalidateStored();
      return;
    }
    const index = await scanStore(tables, { wasDamaged: damage === 'damaged', signal });
    await this.#quarantine.attach(tables);
    await this.ledger.attach(tables);
    this.#isAttached = true;
    this.#queue.attach(index.boots, index.lastBoot + 1);
    if (index.isIncomplete || damage === 'replaced') this.ledger.noteDamage();
    this.ledger.note(index.lost, 'disk');
    this.#retention.onStoreAttached();
  }

  #dropped(ids: readonly SampleId[], reason: DropReason): void {
    this.#settle(ids, false);
    this.ledger.note(ids, reason);
    this.#writer.dropped(ids.length);
  }

  /** Resolves the promises of `append`. */
  #settle(ids: readonly SampleId[], isStored: boolean): void {
    for (const { bootId, seq } of ids) {
      if (bootId !== this.#options.bootId) continue;
      this.#pending.get(seq)?.(isStored);
      this.#pending.delete(seq);
    }
  }
}
