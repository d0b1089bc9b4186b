import type { StoreCopy, StoreProvider } from '../../../client/outbox/store/store-provider.ts';
import type { Store } from '../../../client/outbox/store/tables.ts';
import { VirtualLevelDb, type Operation } from './virtual-leveldb.ts';

/** Something that reaches the disk: LevelDB's log grows by a record, or what it has grown by is made to last. */
export interface DiskEvent {
  /** Counted from 1 over the life of the disk. */
  readonly number: number;
  readonly kind: 'write' | 'sync';
  readonly path: string;
  /** Writes before this instant that a power cut would undo, or only some of them. */
  readonly pending: number;
}

/** What a disk that does not work says, by the code of the operating system. */
const COMPLAINTS = {
  ENOSPC: 'No space left on device',
  EIO: 'Input/output error',
  EROFS: 'Read-only file system',
  ENOENT: 'No such file or directory',
} as const;

/** What goes wrong on a disk, and how far a write still gets. */
export interface DiskFault {
  readonly code: keyof typeof COMPLAINTS;
  /** Whether the record is torn, which is the default, or whole but cannot be synced. */
  readonly at?: DiskEvent['kind'];
  /** Number of the first instant that fails; the next one by default. */
  readonly from?: number;
  /** Whether nothing can be read either. */
  readonly reads?: boolean;
}

/** How often whoever waits for a slow disk looks whether it still is. */
const LOOK_MS = 1_000;

/** When the power fails, as the number of an instant. */
export type PowerCut = { readonly before: number } | { readonly after: number };

/** The power is off, or the process was killed: nothing that it does has an effect any more. */
export class ProcessGoneError extends Error {
  override readonly name = 'ProcessGoneError';
}

/** What classic-level says, in its words. */
export class DiskError extends Error {
  override readonly name = 'DiskError';
  readonly code: 'LEVEL_IO_ERROR' | 'LEVEL_LOCKED';

  constructor(code: DiskError['code'], message: string) {
    super(`IO error: ${message}`);
    this.code = code;
  }
}

/** What one path holds. */
interface Volume {
  /** What a power cut leaves behind. */
  readonly durable: Map<string, string>;
  /** What was written since the last sync, oldest first: on its way to the disk, but not there. */
  pending: (readonly Operation[])[];
  /** Who has it open, to the exclusion of all others. */
  holder: Handle | undefined;
}

/** A store as one process sees it. */
interface Handle {
  readonly path: string;
  /** The process that it belongs to, counted over the life of the disk. */
  readonly life: number;
  /** A record in the log is torn: what comes behind it cannot be read by the next start. */
  isTorn: boolean;
  /** A sync has failed: nothing is taken any more. */
  refusal: DiskError | undefined;
}

/**
 * The disk of a virtual Pi, passed as it is wherever stores are kept. It outlives the client's processes, and behaves
 * as LevelDB on a real disk does: unsynced writes vanish in a power cut, and a sync makes everything last that was
 * written before it; behind a record that a full disk has torn nothing can be read after the next start, even if it was
 * written and synced; after a failed sync a store refuses everything until it is opened again.
 */
export class VirtualDisk implements StoreProvider {
  /** Is told of every write that a power cut can no longer undo. */
  onSynced: (operations: readonly Operation[]) => void = () => undefined;
  readonly #onInstant: (instant: DiskEvent) => void;
  readonly #volumes = new Map<string, Volume>();
  #instants = 0;
  #life = 0;
  #isOff = false;
  #cut: (PowerCut & { readonly kept: number }) | undefined;
  /** The latest of those in force counts. */
  #faults: readonly (DiskFault & { readonly from: number })[] = [];
  #delaysMs: readonly { readonly ms: number }[] = [];

  /** @param onInstant is told of everything that is about to reach the disk. */
  constructor(onInstant: (instant: DiskEvent) => void = () => undefined) {
    this.#onInstant = onInstant;
  }

  readonly create = (path: string): Store => {
    const handle: Handle = { path, life: this.#life, isTorn: false, refusal: undefined };
    return new VirtualLevelDb({
      delay: () => this.#delay(),
      open: () => this.#open(handle),
      read: () => this.#read(handle),
      write: (operations, sync) => this.#write(handle, operations, sync),
      close: () => this.#close(handle),
    });
  };

  readonly exists = (path: string): boolean => this.#volumes.has(path);

  readonly isOpen = (path: string): boolean => this.#volumes.get(path)?.holder !== undefined;

  readonly repair = (): Promise<void> => Promise.resolve();

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
    const complaint = this.#complaint(this.#instants + 1);
    if (complaint) throw complaint;
  };

  readonly lostBytes = (): number => 0;

  readonly inUse = (): number => 0;

  readonly released = (): void => undefined;

  readonly survives = (): Promise<boolean> => Promise.resolve(true);

  readonly copy = (path: string): StoreCopy => {
    const copy = `${path}.copy`;
    this.fill(copy, this.contentOf(path));
    return { path: copy, remove: () => void this.#volumes.delete(copy) };
  };

  /** How many instants there were so far. */
  get instants(): number {
    return this.#instants;
  }

  /** What all stores take, in bytes of keys and values. */
  get bytes(): number {
    const entries = [...this.#volumes.keys()].flatMap((path) => [...this.contentOf(path)]);
    return entries.reduce((sum, [key, value]) => sum + Buffer.byteLength(key) + Buffer.byteLength(value), 0);
  }

  /** What a process would find at a path now: keys with the prefixes of their sublevels. */
  contentOf(path: string): ReadonlyMap<string, string> {
    const { durable, pending } = this.#volume(path);
    return pending.reduce(applied, new Map(durable));
  }

  /** Lays down a store as an earlier version has left it. */
  fill(path: string, entries: Iterable<readonly [key: string, value: string]>): void {
    const { durable } = this.#volume(path);
    for (const [key, value] of entries) durable.set(key, value);
  }

  /**
   * Cuts the power: what is not synced is lost, but for the first `kept` writes to each store, which have reached the
   * disk all the same.
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

  /** Cuts the power when an instant comes. */
  powerCutAt(when: PowerCut, kept = 0): void {
    this.#cut = { ...when, kept };
  }

  /** How many stores processes have open. */
  get openStores(): number {
    return [...this.#volumes.values()].filter(({ holder }) => holder !== undefined).length;
  }

  /** Lets processes start again. */
  powerOn(): void {
    this.#isOff = false;
  }

  /** Ends the processes that have stores open, as SIGKILL does: what they have written stays. */
  kill(): void {
    this.#life += 1;
    for (const volume of this.#volumes.values()) volume.holder = undefined;
  }

  /** Lets everything fail until `heal`, or until the function that it returns is called. */
  fail(fault: DiskFault): () => void {
    const added = { from: this.#instants + 1, ...fault };
    this.#faults = [...this.#faults, added];
    return () => (this.#faults = this.#faults.filter((other) => other !== added));
  }

  /** Lets everything that reaches the disk take so long, likewise; Infinity is a disk that hangs. */
  slow(ms: number): () => void {
    const added = { ms };
    this.#delaysMs = [...this.#delaysMs, added];
    return () => (this.#delaysMs = this.#delaysMs.filter((other) => other !== added));
  }

  /** The disk works again. Stores that have seen it fail may not. */
  heal(): void {
    this.#faults = [];
    this.#delaysMs = [];
  }

  /** In the name of whoever waits. */
  #delay(): Promise<void> | undefined {
    return this.#delaysMs.length > 0 ? this.#waitOut() : undefined;
  }

  async #waitOut(): Promise<void> {
    for (let waitedMs = 0; ; waitedMs += LOOK_MS) {
      const leftMs = Math.max(0, ...this.#delaysMs.map(({ ms }) => ms)) - waitedMs;
      if (leftMs <= 0) return;
      await new Promise((resolve) => setTimeout(resolve, Math.min(leftMs, LOOK_MS)));
    }
  }

  #read(handle: Handle): void {
    this.#heldBy(handle);
    const fault = this.#faults.findLast(({ reads }) => reads);
    const complaint = fault && this.#complaint(this.#instants + 1);
    if (complaint) throw complaint;
  }

  #open(handle: Handle): Iterable<[string, string]> {
    const volume = this.#volume(handle.path);
    if (this.#isOff || handle.life !== this.#life) throw new ProcessGoneError();
    if (volume.holder)
      throw new DiskError('LEVEL_LOCKED', `lock ${handle.path}/LOCK: already held by process`);
    // LevelDB begins a new log and a new manifest.
    const complaint = this.#complaint(this.#instants + 1);
    if (complaint) throw complaint;
    volume.holder = Object.assign(handle, { isTorn: false, refusal: undefined });
    return this.contentOf(handle.path);
  }

  #close(handle: Handle): void {
    const volume = this.#volume(handle.path);
    if (volume.holder === handle) volume.holder = undefined;
  }

  #write(handle: Handle, operations: readonly Operation[], sync: boolean): void {
    const volume = this.#heldBy(handle);
    if (handle.refusal) throw handle.refusal;
    this.#reach('write', handle, () => {
      if (!handle.isTorn) volume.pending.push(operations);
    });
    if (!sync) return;
    this.#reach('sync', handle, () => {
      volume.pending.reduce(applied, volume.durable);
      for (const synced of volume.pending) this.onSynced(synced);
      volume.pending = [];
    });
  }

  /** One instant: the power may fail before or after it, and the disk at it. */
  #reach(kind: DiskEvent['kind'], handle: Handle, act: () => void): void {
    const number = ++this.#instants;
    const pending = this.#volume(handle.path).pending.length;
    this.#onInstant({ number, kind, path: handle.path, pending });
    this.#cutIf((cut) => 'before' in cut && cut.before === number);
    const { at = 'write' } = this.#faults.at(-1) ?? {};
    const complaint = at === kind ? this.#complaint(number) : undefined;
    if (!complaint) act();
    else if (kind === 'write') handle.isTorn = true;
    else handle.refusal = complaint;
    this.#cutIf((cut) => 'after' in cut && cut.after === number);
    if (complaint) throw complaint;
  }

  #cutIf(isNow: (cut: PowerCut) => boolean): void {
    if (!this.#cut || !isNow(this.#cut)) return;
    this.powerCut(this.#cut.kept);
    throw new ProcessGoneError();
  }

  #complaint(number: number): DiskError | undefined {
    const fault = this.#faults.at(-1);
    if (!fault || number < fault.from) return undefined;
    return new DiskError('LEVEL_IO_ERROR', COMPLAINTS[fault.code]);
  }

  #heldBy(handle: Handle): Volume {
    const volume = this.#volume(handle.path);
    if (volume.holder !== handle) throw new ProcessGoneError();
    return volume;
  }

  #volume(path: string): Volume {
    const volume = this.#volumes.get(path) ?? { durable: new Map(), pending: [], holder: undefined };
    this.#volumes.set(path, volume);
    return volume;
  }
}

/** Brings a write into a content. */
function applied(content: Map<string, string>, operations: readonly Operation[]): Map<string, string> {
  for (const operation of operations) {
    if (operation.type === 'put') content.set(operation.key, operation.value);
    else content.delete(operation.key);
  }
  return content;
}
