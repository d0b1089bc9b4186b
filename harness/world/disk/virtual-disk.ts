import type {
  StoreCopy,
  StoreOperation,
  StoreProvider,
} from '../../../client/outbox/store/store-provider.ts';
import type { Store } from '../../../client/outbox/store/tables.ts';
import { DiskError, ProcessGoneError } from './disk-error.ts';
import { DiskFaults, type DiskFault } from './disk-faults.ts';
import { VirtualLevelDb, type Entry, type Operation } from './virtual-leveldb.ts';
import { Volume, type StoreDamage } from './volume.ts';

/** An operation on the disk: a record is appended to LevelDB's log, or the log is synced. */
export interface DiskEvent {
  /** Counted from 1 for each disk. */
  readonly number: number;
  readonly kind: 'write' | 'sync';
  readonly path: string;
  /** Number of earlier unsynced writes, which a power cut undoes in whole or in part. */
  readonly pending: number;
}

/** Time of a power cut, as the number of an event. */
export type PowerCut = { readonly before: number } | { readonly after: number };

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
  /** Called with the entries that a process has read. */
  onRead: (entries: readonly Entry[]) => void = () => undefined;
  /** Called when a damaged store has ended the process that uses it; `powerOn` lets the next one start. */
  onCrash: () => void = () => undefined;
  readonly #onEvent: (event: DiskEvent) => void;
  readonly #faults = new DiskFaults();
  readonly #volumes = new Map<string, Volume>();
  /** Open stores, which are locked. */
  readonly #holders = new Map<Volume, Handle>();
  #eventCount = 0;
  #process = 0;
  /** Faults by which another program has the stores open. */
  readonly #locks = new Set<{ readonly isShown: boolean }>();
  /** Whether no process can run. */
  #isOff = false;
  #cut: (PowerCut & { readonly kept: number }) | undefined;

  /** @param onEvent called before every event. */
  constructor(onEvent: (event: DiskEvent) => void = () => undefined) {
    this.#onEvent = onEvent;
  }

  readonly create = (path: string): Store => {
    const handle: Handle = { path, process: this.#process, isTorn: false, syncError: undefined };
    return new VirtualLevelDb({
      delay: () => this.#faults.delay(),
      open: () => this.#open(handle),
      checkRead: () => this.#checkRead(handle),
      entriesRead: (entries) => this.onRead(entries),
      write: (operations, sync) => this.#write(handle, operations, sync),
      close: () => this.#close(handle),
    });
  };

  readonly exists = (path: string): boolean => this.#volumes.get(path)?.exists === true;

  readonly isOpen = (path: string): boolean | undefined => {
    if (this.#holders.has(this.#volume(path))) return true;
    const locks = [...this.#locks];
    return locks.length > 0 && locks.every(({ isShown }) => !isShown) ? undefined : locks.length > 0;
  };

  readonly repair = async (path: string): Promise<void> => {
    await this.#faults.delay();
    const volume = this.#volume(path);
    this.#refuseLocked(volume, path);
    this.#crashIf(volume.crashesIn('repair'));
    volume.repair();
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
    await this.#faults.delay();
    if (this.#isOff) throw new ProcessGoneError();
    const error = this.#faults.errorAt(this.#nextEvent);
    if (error) throw error;
  };

  readonly lostBytes = (path: string): number => this.#volume(path).lostBytes;

  readonly markInUse = (path: string): number => {
    // Like a file, the number cannot be changed while writes fail.
    if (this.#isOff || this.#faults.errorAt(this.#nextEvent)) return 0;
    const volume = this.#volume(path);
    volume.usedBy = this.#process;
    return volume.crashes++;
  };

  readonly clearInUse = (path: string, crashes = 0): void => {
    const volume = this.#volume(path);
    const isGone = this.#isOff || volume.usedBy !== this.#process;
    if (!isGone && !this.#faults.errorAt(this.#nextEvent)) volume.crashes = crashes;
  };

  readonly survives = (path: string, operation: StoreOperation): Promise<boolean> => {
    const volume = this.#volume(path);
    if (volume.crashesIn(operation)) return Promise.resolve(false);
    if (operation === 'repair' && volume.damage?.part !== 'manifest') volume.repair();
    return Promise.resolve(true);
  };

  readonly copy = (path: string): StoreCopy => {
    const copy = `${path}.copy`;
    this.fill(copy, this.contentOf(path));
    return { path: copy, remove: () => void this.#volumes.delete(copy) };
  };

  /** Damages a store, open or not: damaged tables are noticed by the next read, the rest when the store is opened. */
  damage(path: string, damage: StoreDamage): void {
    Object.assign(this.#volume(path), { damage, exists: true });
  }

  /**
   * Lets another program open all stores that no process has open.
   * @param isShown whether the system tells that a store is open
   * @returns ends that
   */
  lock(isShown: boolean): () => void {
    const lock = { isShown };
    this.#locks.add(lock);
    return () => this.#locks.delete(lock);
  }

  /** Changes the content of all stores that no process has open. */
  edit(change: (content: Map<string, string>) => void): void {
    for (const volume of this.#volumes.values())
      if (volume.exists && !this.#holders.has(volume)) volume.edit(change);
  }

  /** Damages the tables of all stores, which loses nothing: no read succeeds until a repair. */
  damageTables(): void {
    this.damageStores('table');
  }

  /** Damages a part of all stores, without the loss of rows. */
  damageStores(part: StoreDamage['part']): void {
    for (const [path, { exists }] of this.#volumes) if (exists) this.damage(path, { part });
  }

  /** Number of events so far. */
  get eventCount(): number {
    return this.#eventCount;
  }

  /** Total size of the keys and values of all stores, in bytes. */
  get bytes(): number {
    const entries = [...this.#volumes.values()].flatMap(({ content }) => [...content]);
    return entries.reduce((sum, [key, value]) => sum + Buffer.byteLength(key) + Buffer.byteLength(value), 0);
  }

  /** Content of a path, including unsynced writes: keys with the prefixes of their sublevels. */
  contentOf(path: string): ReadonlyMap<string, string> {
    return this.#volume(path).content;
  }

  /** Creates a store with the given content, such as one of an earlier version. */
  fill(path: string, entries: Iterable<readonly [key: string, value: string]>): void {
    this.#volume(path).fill(entries);
  }

  /**
   * Cuts the power: unsynced writes are lost, except for the first `kept` of each store.
   */
  powerCut(kept = 0): void {
    for (const volume of this.#volumes.values()) volume.powerCut(kept);
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
    return this.#holders.size;
  }

  /** Turns the power on, so that processes can start again. */
  powerOn(): void {
    this.#isOff = false;
  }

  /** Ends the processes that have stores open, like SIGKILL: unsynced writes are kept. */
  kill(): void {
    this.#process += 1;
    this.#holders.clear();
  }

  /** Makes writes fail until `heal`, or until the returned function is called. */
  fail(fault: DiskFault): () => void {
    return this.#faults.fail({ from: this.#nextEvent, ...fault });
  }

  /** Delays every operation until `heal`, or until the returned function is called; Infinity for a disk that hangs. */
  slow(ms: number): () => void {
    return this.#faults.slow(ms);
  }

  /** Ends all faults. Stores with a failed sync or a torn record must still be reopened. */
  heal(): void {
    this.#faults.heal();
  }

  get #nextEvent(): number {
    return this.#eventCount + 1;
  }

  #checkRead(handle: Handle): void {
    const volume = this.#heldBy(handle);
    this.#crashIf(volume.crashesIn('read'));
    const error = this.#faults.readErrorAt(this.#nextEvent);
    if (error) throw error;
    volume.checkRead();
  }

  #open(handle: Handle): Iterable<[string, string]> {
    const volume = this.#volume(handle.path);
    if (this.#isOff || handle.process !== this.#process) throw new ProcessGoneError();
    this.#refuseLocked(volume, handle.path);
    // LevelDB creates a new log and a new manifest.
    const error = this.#faults.errorAt(this.#nextEvent);
    if (error) throw error;
    this.#crashIf(volume.crashesIn('read'));
    volume.open();
    this.#holders.set(volume, Object.assign(handle, { isTorn: false, syncError: undefined }));
    return volume.content;
  }

  /** @throws DiskError if a process has the store open */
  #refuseLocked(volume: Volume, path: string): void {
    if (this.#locks.size > 0 || this.#holders.has(volume))
      throw new DiskError('LEVEL_LOCKED', `lock ${path}/LOCK: already held by process`);
  }

  #close(handle: Handle): void {
    const volume = this.#volume(handle.path);
    if (this.#holders.get(volume) === handle) this.#holders.delete(volume);
  }

  #write(handle: Handle, operations: readonly Operation[], sync: boolean): void {
    const volume = this.#heldBy(handle);
    if (handle.syncError) throw handle.syncError;
    this.#perform('write', handle, () => {
      if (!handle.isTorn) volume.write(operations);
    });
    if (!sync) return;
    this.#perform('sync', handle, () => {
      for (const synced of volume.sync()) this.onSynced(synced);
    });
  }

  /** Performs one event: the power may fail before or after it, and the disk during it. */
  #perform(kind: DiskEvent['kind'], handle: Handle, act: () => void): void {
    const number = ++this.#eventCount;
    this.#onEvent({ number, kind, path: handle.path, pending: this.#volume(handle.path).pending });
    this.#cutIf((cut) => 'before' in cut && cut.before === number);
    const error = this.#faults.writeErrorAt(number, kind);
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

  #crashIf(isCrash: boolean): void {
    if (!isCrash) return;
    this.kill();
    this.#isOff = true;
    this.onCrash();
    throw new ProcessGoneError();
  }

  #heldBy(handle: Handle): Volume {
    const volume = this.#volume(handle.path);
    if (this.#holders.get(volume) !== handle) throw new ProcessGoneError();
    return volume;
  }

  #volume(path: string): Volume {
    const volume = this.#volumes.get(path) ?? new Volume();
    this.#volumes.set(path, volume);
    return volume;
  }
}
