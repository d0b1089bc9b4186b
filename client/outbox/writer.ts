import { ClientError } from '../errors.ts';
import type { Logger } from '../log.ts';
import { untilCalled } from '../wait.ts';
import type { DropLedger } from './drops.ts';
import type { Quarantine } from './quarantine.ts';
import type { QueueChange, SampleQueue } from './queue.ts';
import type { ProcessStart } from './segment.ts';
import type { SampleId } from './stored-sample.ts';
import type { StoreSession } from './store/store-session.ts';
import {
  deleteFrom,
  keyOf,
  LAYOUT,
  putInto,
  SYNCED,
  UNSYNCED,
  type Batch,
  type Tables,
} from './store/tables.ts';

/** Interval between attempts while writes fail; doubles each time. */
const RETRY_MS = { first: 2_000, longest: 30_000 } as const;
/** Delivered samples are deleted with the next write, or after this number of deliveries or this time. */
const LAZY_DELETIONS = 256;
const LAZY_MS = 10_000;

export interface WriterOptions {
  readonly queue: SampleQueue;
  readonly ledger: DropLedger;
  readonly quarantine: Quarantine;
  readonly session: StoreSession;
  readonly path: string;
  /** Maximum time between the creation of a sample and its write. */
  readonly syncIntervalMs: number;
  readonly log: Logger;
  /** Called with samples that were written and synced. */
  readonly onStored: (ids: readonly SampleId[]) => void;
  /** Called if another process has the store open at the first attempt: this one must stop. */
  readonly onLocked: (error: ClientError) => void;
}

/** A period in which writes fail. */
interface Outage {
  readonly beganMs: number;
  /** Number of samples dropped before it began. */
  readonly droppedBefore: number;
  /** Number of buffered samples written since writes succeed again. */
  written: number;
}

/**
 * Writes the changes of queue, ledger and quarantine to the store in the background, and retries while writes fail.
 * Appending and delivering never wait for it.
 */
export class StoreWriter {
  readonly #options: WriterOptions;
  readonly #stop = new AbortController();
  #wake: (() => void) | undefined;
  #onFlushed: (() => void)[] = [];
  #isFinishing = false;
  #isFirst = true;
  #isBackingOff = false;
  /** When the next write is due, by `performance.now()`. */
  #dueMs = Infinity;
  #retryMs: number = RETRY_MS.first;
  #releases = 0;
  #outage: Outage | undefined;
  #failures = 0;
  #dropped = 0;

  constructor(options: WriterOptions) {
    this.#options = options;
  }

  /** Number of attempts to open the store, or to write to it, that failed. */
  get failures(): number {
    return this.#failures;
  }

  /** Whether it waits for the next attempt after a failure. */
  get isBackingOff(): boolean {
    return this.#isBackingOff;
  }

  /** Writes changes until `finish` or `abort`. Never rejects. */
  async run(): Promise<void> {
    await this.#writeAll();
    this.abort();
  }

  async #writeAll(): Promise<void> {
    for (;;) {
      const works = await this.#attempt();
      const isDone = !works || !this.#isDirty;
      if (isDone) this.#settleFlushes();
      if (this.#stop.signal.aborted || (this.#isFinishing && isDone)) return;
      if (works) {
        // Changes that have cancelled each other out need no write, but a store may have to be opened again.
        if (!this.#isDirty && this.#options.session.isReady) this.#dueMs = Infinity;
        await this.#sleep(this.#dueInMs);
      } else {
        this.#isBackingOff = true;
        await this.#sleep(this.#retryMs);
        this.#isBackingOff = false;
        this.#retryMs = Math.min(2 * this.#retryMs, RETRY_MS.longest);
      }
    }
  }

  /** Called after a sample was appended. */
  appended(): void {
    this.#due(this.#options.syncIntervalMs);
  }

  /** Called after a sample was delivered. */
  released(): void {
    this.#releases += 1;
    this.#due(this.#releases < LAZY_DELETIONS ? LAZY_MS : 0);
  }

  /** Called after samples were dropped or quarantined; schedules an immediate write. */
  dropped(count: number): void {
    this.#dropped += count;
    this.#due(0);
  }

  /** Opens the store again as soon as possible, and writes what that invalidates. */
  reopen(): void {
    this.#due(0);
  }

  /** Resolves once all changes are on disk, or the write has failed. */
  async flush(): Promise<void> {
    if (this.#stop.signal.aborted) return;
    const flushed = new Promise<void>((resolve) => this.#onFlushed.push(resolve));
    this.#wake?.();
    await flushed;
  }

  /** Makes `run` resolve once all changes are on disk, or the write has failed. */
  finish(): void {
    this.#isFinishing = true;
    this.#wake?.();
  }

  /** Makes `run` resolve once the current operation has completed. */
  abort(): void {
    this.#stop.abort(new ClientError('aborted', 'The outbox is closing'));
    this.#settleFlushes();
    this.#wake?.();
  }

  /** Time until the next write: 0 if a flush is pending. */
  get #dueInMs(): number {
    const isAwaited = this.#isFinishing || this.#onFlushed.length > 0;
    return isAwaited ? 0 : this.#dueMs - performance.now();
  }

  get #isDirty(): boolean {
    return this.#options.queue.isDirty || this.#mustSync;
  }

  /** Whether there are changes other than deletions of delivered samples. */
  get #mustSync(): boolean {
    const { queue, ledger, quarantine } = this.#options;
    return queue.unstored.count > 0 || ledger.isDirty || quarantine.isDirty;
  }

  /** Opens the store if necessary, and writes what is due; resolves to whether both succeeded. */
  async #attempt(): Promise<boolean> {
    const { session, onLocked } = this.#options;
    const isFirst = this.#isFirst;
    this.#isFirst = false;
    try {
      await session.open(this.#outage !== undefined, this.#stop.signal);
      if (this.#isDirty && this.#dueInMs <= 0) await this.#write();
      return true;
    } catch (error) {
      if (this.#stop.signal.aborted) return false;
      if (isFirst && error instanceof ClientError && error.code === 'already_running') onLocked(error);
      else this.#failed(error);
      return false;
    }
  }

  /** @throws what the disk throws. */
  async #write(): Promise<void> {
    const { queue, ledger, quarantine, session, onStored } = this.#options;
    this.#dueMs = Infinity;
    this.#releases = 0;
    let stored: () => void = () => undefined;
    await session.write(
      (batch, tables) => {
        const changes = {
          queue: queue.change(),
          ledger: ledger.change(batch, tables),
          quarantine: quarantine.change(batch, tables),
        };
        putQueue(changes.queue, queue.current, batch, tables);
        stored = () => {
          queue.stored(changes.queue);
          ledger.stored(changes.ledger);
          quarantine.stored(changes.quarantine);
          onStored(samplesIn(changes.queue));
          this.#wrote(changes.queue);
        };
      },
      this.#mustSync ? SYNCED : UNSYNCED,
    );
    stored();
  }

  #failed(error: unknown): void {
    const { path, log } = this.#options;
    this.#failures += 1;
    this.#due(0);
    if (this.#outage) return;
    this.#outage = { beganMs: performance.now(), droppedBefore: this.#dropped, written: 0 };
    log.error(
      { err: error, path },
      'outbox unavailable, buffering samples in memory (lost on restart): check the disk and [outbox] path',
    );
  }

  #wrote(change: QueueChange): void {
    const { path, log } = this.#options;
    this.#retryMs = RETRY_MS.first;
    if (change.isPartial) this.#due(0);
    if (!this.#outage) return;
    this.#outage.written += samplesIn(change).length;
    if (change.isPartial) return;
    const { beganMs, droppedBefore, written } = this.#outage;
    this.#outage = undefined;
    const seconds = Math.round((performance.now() - beganMs) / 1000);
    log.info(
      { path, seconds, written, dropped: this.#dropped - droppedBefore },
      `outbox available again after ${seconds} s: wrote ${written} buffered samples`,
    );
  }

  #due(inMs: number): void {
    const dueMs = performance.now() + inMs;
    if (dueMs >= this.#dueMs) return;
    this.#dueMs = dueMs;
    // During an outage, the retry interval applies.
    if (!this.#outage) this.#wake?.();
  }

  /** Sleeps until something calls `#wake`. */
  async #sleep(ms: number): Promise<void> {
    if (ms <= 0) return;
    await untilCalled((call) => {
      this.#wake = call;
      const timer = Number.isFinite(ms) ? setTimeout(call, ms) : undefined;
      return () => {
        this.#wake = undefined;
        clearTimeout(timer);
      };
    }, []);
  }

  #settleFlushes(): void {
    const callbacks = this.#onFlushed;
    this.#onFlushed = [];
    for (const call of callbacks) call();
  }
}

function samplesIn({ segments }: QueueChange): SampleId[] {
  return segments.flatMap(({ segment: { boot }, change }) =>
    change.puts.map(([seq]) => ({ bootId: boot.id, seq })),
  );
}

function putQueue(
  { segments, boots }: QueueChange,
  current: ProcessStart,
  batch: Batch,
  tables: Tables,
): void {
  for (const { segment, change } of segments) {
    const { number = 0 } = segment.boot;
    for (const seq of change.deletions) deleteFrom(batch, tables.samples, keyOf(number, seq));
    for (const [seq, sample] of change.puts) putInto(batch, tables.samples, keyOf(number, seq), sample);
    const key = keyOf(number, segment.number);
    if (change.row) putInto(batch, tables.segments, key, change.row);
    else deleteFrom(batch, tables.segments, key);
  }
  for (const { boot, row } of boots) {
    if (boot === current) {
      putInto(batch, tables.meta, 'boot', boot.number ?? 0);
      putInto(batch, tables.meta, 'version', LAYOUT);
    }
    if (row) putInto(batch, tables.starts, String(boot.number), row);
    else deleteFrom(batch, tables.starts, String(boot.number));
  }
}
