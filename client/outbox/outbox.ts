import type { Logger } from '../log.ts';
import { within } from '../wait.ts';
import { DropLog } from './drop-log.ts';
import { DropLedger } from './drop-ledger.ts';
import { Quarantine } from './quarantine.ts';
import { SampleQueue, type Boot, type Fill, type Place } from './queue.ts';
import { SampleReader } from './reader.ts';
import { Retention, type Bounds, type Now } from './retention.ts';
import type { DropReason, Entry, SampleId, StoredSample } from './stored-sample.ts';
import { Segment } from './segment.ts';
import type { StoreProvider } from './store/store-provider.ts';
import { alreadyRunning, type Damage } from './store/recovery.ts';
import { scanStore, type StoredBoot } from './store/store-scan.ts';
import { StoreSession } from './store/store-session.ts';
import type { Tables } from './store/tables.ts';
import { StoreWriter } from './writer.ts';

/** How long anybody waits for the disk to read samples; they come later then. */
const READ_TIMEOUT_MS = 1_000;
/** How long the disk has at the end to take what memory holds. */
const CLOSE_TIMEOUT_MS = 1_000;

export interface OutboxOptions {
  /** Names this process start in every sample. */
  readonly bootId: string;
  readonly bounds: Bounds;
  readonly now: () => Now;
  readonly stores: StoreProvider;
  readonly path: string;
  /** How long a sample may stay in memory before it is written; 0 by default. */
  readonly syncIntervalMs?: number;
  readonly log: Logger;
}

/**
 * The samples on their way to the broker. New ones go to the tail of a queue in memory, and one writer takes them to the
 * disk behind it; the broker is served from the head, whichever of memory and disk has it. The disk is where samples
 * survive a restart: delivery does not depend on it. What has to be dropped is noted in the ledger.
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
  readonly #slowReads = new Set<Segment>();
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
      onDoubt: () => this.#writer.reopen(),
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
    this.#retention = new Retention(this.#queue, {
      bounds,
      now,
      load: async (place) => {
        // What was dropped so far is to be deleted before more comes into memory.
        await this.#writer.flush();
        return await this.#load(place);
      },
      onDropped: (entries, reason) => this.#dropped(entries, reason),
    });
  }

  /**
   * Begins to take samples, and to open the store behind it.
   * @throws ClientError `already_running` if another process has the store open.
   */
  static start(options: OutboxOptions): Outbox {
    const { stores, path } = options;
    if (stores.isOpen(path) === true) throw alreadyRunning(path);
    const outbox = new Outbox(options);
    outbox.#running = outbox.#writer.run();
    return outbox;
  }

  /** What waits. */
  get fill(): Fill {
    return this.#queue.fill;
  }

  /** Number of samples that this process has taken in, and that the broker has acknowledged. */
  get appends(): number {
    return this.#appends;
  }

  get delivered(): number {
    return this.#delivered;
  }

  /** Number of attempts to write to the disk that failed. */
  get diskErrors(): number {
    return this.#writer.failures;
  }

  /** Aborts with a ClientError if another process turns out to have the store open. */
  get failed(): AbortSignal {
    return this.#failure.signal;
  }

  /**
   * Takes in what `build` makes of the next sequence number. If the outbox is full, the policy decides what is dropped.
   * @returns resolves to true once the sample is on disk; to false once it is certain that it never will be, because it
   *   was dropped, or delivered first.
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

  /** Reads what waits, once, from the oldest sample on. */
  reader(): SampleReader {
    return new SampleReader({
      queue: this.#queue,
      load: (place) => this.#load(place),
      onChange: (call) => {
        this.#listeners.add(call);
        return () => this.#listeners.delete(call);
      },
    });
  }

  /** Forgets a sample that was delivered; after a power cut it may be delivered again. */
  release(entry: Entry): void {
    if (!this.#remove(entry)) return;
    this.#delivered += 1;
    this.#writer.released();
  }

  /** Never sends a sample again that the broker refuses, but keeps it for the owner. */
  quarantine(entry: Entry): void {
    const boot = this.#queue.boots.findLast(({ id }) => id === entry.bootId);
    if (!boot || !this.#remove(entry)) return;
    this.#quarantine.add(boot, entry);
    this.#drop([entry], 'refused');
  }

  /** Waits until everything is delivered, but not longer than `timeoutMs`, nor than `signal` lives. */
  async drained(timeoutMs: number, signal: AbortSignal): Promise<void> {
    if (this.fill.count === 0) return;
    const bounds = { timeoutMs, what: 'Delivering the last samples', signals: [signal] };
    await within<void>(bounds, (succeed) => {
      this.#onEmpty = succeed;
      return () => (this.#onEmpty = undefined);
    }).catch(() => undefined);
  }

  /** Resolves once what has to be dropped is, and everything is on disk, or could not be written just now. */
  async settled(): Promise<void> {
    await this.#writer.flush();
    await this.#retention.settled();
    await this.#writer.flush();
  }

  /** Writes what memory holds, as far as the disk takes it within a second, and lets the store go. */
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
      this.#options.log.error({ lost }, 'stopped with samples that could not be written: they are lost');
    for (const resolve of this.#pending.values()) resolve(false);
    this.#pending.clear();
  }

  /** Reads what an opened store holds, or what it may have lost since. */
  async #opened(tables: Tables, damage: Damage, signal: AbortSignal): Promise<void> {
    if (this.#isAttached) {
      if (damage !== 'none') this.#distrust();
      return;
    }
    const index = await scanStore(tables, { wasDamaged: damage === 'damaged', signal });
    await this.#quarantine.attach(tables);
    await this.ledger.attach(tables);
    this.#isAttached = true;
    this.#queue.attach(index.boots.map(bootOf), index.lastBoot + 1);
    if (index.isIncomplete || damage === 'replaced') this.ledger.noteDamage();
    this.#note(index.lost, 'disk');
    this.#retention.attached();
    this.#changed();
  }

  #distrust(): void {
    this.#queue.distrust();
    this.ledger.distrust();
    this.#changed();
  }

  /** Sees to it that memory holds a segment; whether it does by now. A slow disk goes on, and whoever waits is told. */
  async #load(place: Place): Promise<boolean> {
    const { segment } = place;
    if (segment.isLoaded) return true;
    if (this.#slowReads.has(segment)) return false;
    const loading = this.#read(place);
    const bounds = { timeoutMs: READ_TIMEOUT_MS, what: 'Reading the outbox' };
    return await within<boolean>(bounds, (succeed, fail) => {
      loading.then(succeed, fail);
      return undefined;
    }).catch(() => {
      this.#slowReads.add(segment);
      void loading.then(() => {
        this.#slowReads.delete(segment);
        this.#changed();
      });
      return false;
    });
  }

  async #read(place: Place): Promise<boolean> {
    try {
      const lost = await this.#queue.load(place, async (boot, segment) => {
        const rows = await this.#session.read(boot, segment);
        if (!rows) throw new Error('The outbox cannot be read');
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
    if (this.fill.count === 0) this.#onEmpty?.();
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
    // On record again with this process start, in the newest file of the store.
    isDirty: true,
  };
}
