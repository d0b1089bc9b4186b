import type { StoreCopy, StoreProvider } from '../../../client/outbox/store/store-provider.ts';
import type { Store } from '../../../client/outbox/store/tables.ts';
import { VirtualLevelDb, type Operation } from './virtual-leveldb.ts';

/** An operation on the disk: a record is appended to LevelDB's log, or the log is synced. */
export interface DiskEvent {
  /** Counted from 1 for each disk. */
  readonly number: number;
  readonly kind: 'write' | 'sync';
  readonly path: string;
  /** Number of earlier unsynced writes, which a power cut undoes in whole or in part. */
  readonly pending: number;
}

/** Error messages by the error code of the operating system. */
const ERROR_MESSAGES = {
  ENOSPC: 'No space left on device',
  EIO: 'Input/output error',
  EROFS: 'Read-only file system',
  ENOENT: 'No such file or directory',
} as const;

/** A fault of the disk, and the stage at which a write fails. */
export interface DiskFault {
  readonly code: keyof typeof ERROR_MESSAGES;
  /** `write` (the default) leaves a torn record, `sync` a complete record that is not synced. */
  readonly at?: DiskEvent['kind'];
  /** Number of the first event that fails; by default the next one. */
  readonly from?: number;
  /** Whether reads fail as well. */
  readonly reads?: boolean;
}

/** Damage to a store, and the rows that it costs. */
export interface StoreDamage {
  /**
   * `log`: opening the store skips what is unreadable; `table`: nothing can be read until a repair; `manifest`: not even a
   * repair succeeds.
   */
  readonly part: 'log' | 'table' | 'manifest';
  /** Selects the lost rows by their keys; none by default. */
  readonly loses?: (key: string) => boolean;
}

/** Interval at which a delayed operation checks whether the disk is still slow. */
const POLL_MS = 1_000;

/** Time of a power cut, as the number of an event. */
export type PowerCut = { readonly before: number } | { readonly after: number };

/** Thrown for operations of a process that was killed or lost power. */
export class ProcessGoneError extends Error {
  override readonly name = 'ProcessGoneError';
}

/** Error with the code and the message of classic-level. */
export class DiskError extends Error {
  override readonly name = 'DiskError';
  readonly code: 'LEVEL_IO_ERROR' | 'LEVEL_LOCKED' | 'LEVEL_CORRUPTION';

  constructor(code: DiskError['code'], message: string) {
    super(`${code === 'LEVEL_CORRUPTION' ? 'Corruption' : 'IO error'}: ${message}`);
    this.code = code;
  }
}

/** Content of one path. */
interface Volume {
  /** Synced content, which survives a power cut. */
  readonly durable: Map<string, string>;
  /** Writes since the last sync, oldest first. */
  pending: (readonly Operation[])[];
  /** Handle that has it open and locked. */
  holder: Handle | undefined;
  damage: StoreDamage | undefined;
  /** Size of the rows that the last opening skipped. */
  lostBytes: number;
}

/** A store opened by one process. */
interface Handle {
  readonly path: string;
  /** Number of the process, counted from 0 for each disk. */
  readonly process: number;
  /** Whether a record in the log is torn, so that later records are unreadable at the next start. */
  isTorn: boolean;
  /** Error of a failed sync, which is thrown for all later writes. */
  syncError: DiskError | undefined;
}

/**
 * The disk of a virtual Pi, which persists across client processes. It simulates LevelDB on a real disk: unsynced writes
 * are lost in a power cut, and a sync persists everything written before it; records after a torn one are unreadable at
 * the next start, even if they were synced; after a failed sync, all writes fail until the store is opened again.
 */
export class VirtualDisk implements StoreProvider {
  /** Called with every write when it is synced. */
  onSynced: (operations: readonly Operation[]) => void = () => undefined;
  readonly #onEvent: (event: DiskEvent) => void;
  readonly #volumes = new Map<string, Volume>();
  #eventCount = 0;
  #process = 0;
  #isOff = false;
  #cut: (PowerCut & { readonly kept: number }) | undefined;
  /** Active faults; the latest one applies. */
  #faults: readonly (DiskFault & { readonly from: number })[] = [];
  #delaysMs: readonly { readonly ms: number }[] = [];

  /** @param onEvent called before every event. */
  constructor(onEvent: (event: DiskEvent) => void = () => undefined) {
    this.#onEvent = onEvent;
  }

  readonly create = (path: string): Store => {
    const handle: Handle = { path, process: this.#process, isTorn: false, syncError: undefined };
    return new VirtualLevelDb({
      delay: () => this.#delay(),
      open: () => this.#open(handle),
      checkRead: () => this.#checkRead(handle),
      write: (operations, sync) => this.#write(handle, operations, sync),
      close: () => this.#close(handle),
    });
  };

  readonly exists = (path: string): boolean => this.#volumes.has(path);

  readonly isOpen = (path: string): boolean => this.#volumes.get(path)?.holder !== undefined;

  readonly repair = async (path: string): Promise<void> => {
    await this.#delay();
    const volume = this.#volume(path);
    if (volume.damage?.part === 'manifest') throw new DiskError('LEVEL_CORRUPTION', 'no manifest');
    loseDamaged(volume);
  };

  readonly setAside = (path: string): string => {
    const aside = `${path}.aside-${this.#volumes.size}`;
    this.#volumes.set(aside, this.#volume(path));
    this.#volumes.delete(path);
    return aside;
  };

  readonly asideOf = (path: string): string[] =>
    [...this.#volumes.keys()].filter((other) => other.startsWith(`${path}.aside-`));

  readonly probe = async (): Promise<void> => {
    await this.#delay();
    if (this.#isOff) throw new ProcessGoneError();
    const error = this.#errorAt(this.#eventCount + 1);
    if (error) throw error;
  };

  readonly lostBytes = (path: string): number => this.#volume(path).lostBytes;

  readonly markInUse = (): number => 0;

  readonly clearInUse = (): void => undefined;

  readonly survives = (): Promise<boolean> => Promise.resolve(true);

  readonly copy = (path: string): StoreCopy => {
    const copy = `${path}.copy`;
    this.fill(copy, this.contentOf(path));
    return { path: copy, remove: () => void this.#volumes.delete(copy) };
  };

  /** Damages a store, open or not. A damaged table is noticed by the next read, the rest when the store is opened. */
  damage(path: string, damage: StoreDamage): void {
    this.#volume(path).damage = damage;
  }

  /** Number of events so far. */
  get eventCount(): number {
    return this.#eventCount;
  }

  /** Total size of the keys and values of all stores, in bytes. */
  get bytes(): number {
    const entries = [...this.#volumes.keys()].flatMap((path) => [...this.contentOf(path)]);
    return entries.reduce((sum, [key, value]) => sum + Buffer.byteLength(key) + Buffer.byteLength(value), 0);
  }

  /** Content of a path, including unsynced writes: keys with the prefixes of their sublevels. */
  contentOf(path: string): ReadonlyMap<string, string> {
    const { durable, pending } = this.#volume(path);
    return pending.reduce(applied, new Map(durable));
  }

  /** Creates a store with the given content, such as one of an earlier version. */
  fill(path: string, entries: Iterable<readonly [key: string, value: string]>): void {
    const { durable } = this.#volume(path);
    for (const [key, value] of entries) durable.set(key, value);
  }

  /**
   * Cuts the power: unsynced writes are lost, except for the first `kept` of each store.
   */
  powerCut(kept = 0): void {
    for (const volume of this.#volumes.values()) {
      volume.pending.slice(0, kept).reduce(applied, volume.durable);
      volume.pending = [];
    }
    this.kill();
    this.#isOff = true;
    this.#cut = undefined;
  }

  /** Cuts the power at an event. */
  powerCutAt(when: PowerCut, kept = 0): void {
    this.#cut = { ...when, kept };
  }

  /** Number of open stores. */
  get openStores(): number {
    return [...this.#volumes.values()].filter(({ holder }) => holder !== undefined).length;
  }

  /** Turns the power on, so that processes can start again. */
  powerOn(): void {
    this.#isOff = false;
  }

  /** Ends the processes that have stores open, like SIGKILL: unsynced writes are kept. */
  kill(): void {
    this.#process += 1;
    for (const volume of this.#volumes.values()) volume.holder = undefined;
  }

  /** Makes writes fail until `heal`, or until the returned function is called. */
  fail(fault: DiskFault): () => void {
    const added = { from: this.#eventCount + 1, ...fault };
    this.#faults = [...this.#faults, added];
    return () => (this.#faults = this.#faults.filter((other) => other !== added));
  }

  /** Delays every operation until `heal`, or until the returned function is called; Infinity for a disk that hangs. */
  slow(ms: number): () => void {
    const added = { ms };
    this.#delaysMs = [...this.#delaysMs, added];
    return () => (this.#delaysMs = this.#delaysMs.filter((other) => other !== added));
  }

  /** Ends all faults. Stores with a failed sync or a torn record must still be reopened. */
  heal(): void {
    this.#faults = [];
    this.#delaysMs = [];
  }

  #delay(): Promise<void> | undefined {
    return this.#delaysMs.length > 0 ? this.#waitOut() : undefined;
  }

  async #waitOut(): Promise<void> {
    for (let waitedMs = 0; ; waitedMs += POLL_MS) {
      const leftMs = Math.max(0, ...this.#delaysMs.map(({ ms }) => ms)) - waitedMs;
      if (leftMs <= 0) return;
      await new Promise((resolve) => setTimeout(resolve, Math.min(leftMs, POLL_MS)));
    }
  }

  #checkRead(handle: Handle): void {
    this.#heldBy(handle);
    const fault = this.#faults.findLast(({ reads }) => reads);
    const error = fault && this.#errorAt(this.#eventCount + 1);
    if (error) throw error;
    if (this.#volume(handle.path).damage?.part === 'table')
      throw new DiskError('LEVEL_CORRUPTION', 'block checksum mismatch');
  }

  #open(handle: Handle): Iterable<[string, string]> {
    const volume = this.#volume(handle.path);
    if (this.#isOff || handle.process !== this.#process) throw new ProcessGoneError();
    if (volume.holder)
      throw new DiskError('LEVEL_LOCKED', `lock ${handle.path}/LOCK: already held by process`);
    // LevelDB creates a new log and a new manifest.
    const error = this.#errorAt(this.#eventCount + 1);
    if (error) throw error;
    if (volume.damage?.part === 'manifest') throw new DiskError('LEVEL_CORRUPTION', 'no manifest');
    volume.lostBytes = volume.damage?.part === 'log' ? loseDamaged(volume) : 0;
    volume.holder = Object.assign(handle, { isTorn: false, syncError: undefined });
    return this.contentOf(handle.path);
  }

  #close(handle: Handle): void {
    const volume = this.#volume(handle.path);
    if (volume.holder === handle) volume.holder = undefined;
  }

  #write(handle: Handle, operations: readonly Operation[], sync: boolean): void {
    const volume = this.#heldBy(handle);
    if (handle.syncError) throw handle.syncError;
    this.#perform('write', handle, () => {
      if (!handle.isTorn) volume.pending.push(operations);
    });
    if (!sync) return;
    this.#perform('sync', handle, () => {
      volume.pending.reduce(applied, volume.durable);
      for (const synced of volume.pending) this.onSynced(synced);
      volume.pending = [];
    });
  }

  /** Performs one event: the power may fail before or after it, and the disk during it. */
  #perform(kind: DiskEvent['kind'], handle: Handle, act: () => void): void {
    const number = ++this.#eventCount;
    const pending = this.#volume(handle.path).pending.length;
    this.#onEvent({ number, kind, path: handle.path, pending });
    this.#cutIf((cut) => 'before' in cut && cut.before === number);
    const { at = 'write' } = this.#faults.at(-1) ?? {};
    const error = at === kind ? this.#errorAt(number) : undefined;
    if (!error) act();
    else if (kind === 'write') handle.isTorn = true;
    else handle.syncError = error;
    this.#cutIf((cut) => 'after' in cut && cut.after === number);
    if (error) throw error;
  }

  #cutIf(isNow: (cut: PowerCut) => boolean): void {
    if (!this.#cut || !isNow(this.#cut)) return;
    this.powerCut(this.#cut.kept);
    throw new ProcessGoneError();
  }

  #errorAt(number: number): DiskError | undefined {
    const fault = this.#faults.at(-1);
    if (!fault || number < fault.from) return undefined;
    return new DiskError('LEVEL_IO_ERROR', ERROR_MESSAGES[fault.code]);
  }

  #heldBy(handle: Handle): Volume {
    const volume = this.#volume(handle.path);
    if (volume.holder !== handle) throw new ProcessGoneError();
    return volume;
  }

  #volume(path: string): Volume {
    const volume = this.#volumes.get(path) ?? {
      durable: new Map(),
      pending: [],
      holder: undefined,
      damage: undefined,
      lostBytes: 0,
    };
    this.#volumes.set(path, volume);
    return volume;
  }
}

/** Ends the damage to a store, with the loss of rows; returns their size. */
function loseDamaged(volume: Volume): number {
  const { loses = () => false } = volume.damage ?? {};
  volume.damage = undefined;
  volume.pending.reduce(applied, volume.durable);
  volume.pending = [];
  let bytes = 0;
  for (const [key, value] of volume.durable) {
    if (!loses(key)) continue;
    bytes += key.length + value.length;
    volume.durable.delete(key);
  }
  return bytes;
}

/** Applies a write to the content. */
function applied(content: Map<string, string>, operations: readonly Operation[]): Map<string, string> {
  for (const operation of operations) {
    if (operation.type === 'put') content.set(operation.key, operation.value);
    else content.delete(operation.key);
  }
  return content;
}
