import { MemoryLevel } from 'memory-level';
import { ClientError } from '../errors.ts';
import type { Logger } from '../log.ts';
import { NewerStoreError, type Store } from './layout.ts';
import { Outbox, type OutboxOptions } from './outbox.ts';

/** Where stores are kept. */
export interface StoreRoom {
  /** The store at a path, not yet opened. @throws where opening it would destroy what is left of it. */
  create(path: string): Store;
  /** Whether there is a store at a path, or what is left of one. */
  exists(path: string): boolean;
  /** Saves what can be saved of a damaged store. */
  repair(path: string): Promise<void>;
  /** Moves a store out of the way; returns where it is now. */
  setAside(path: string): string;
  /** Finds out whether the disk takes writes at a path. @throws what it says instead. */
  probe(path: string): Promise<void>;
  /** How many bytes of a store that is open could not be read when it was opened. */
  lostBytes(path: string): number;
  /** Notes that a store is about to be opened; returns how often processes have died of that since it last went well. */
  opening(path: string): number;
  /** Notes that the process has survived it. */
  opened(path: string): void;
}

export interface OpenedOutbox {
  readonly outbox: Outbox;
  /** Takes everything that was begun to its end and lets the store go. */
  readonly close: () => Promise<void>;
}

interface OpenOptions extends OutboxOptions {
  readonly room: StoreRoom;
  readonly path: string;
  readonly log: Logger;
}

/** Processes that may die of opening a store before something else is tried: one may just have lost its power. */
const DEATHS_PER_RESCUE = 2;
/** What samples in memory may take of it, whatever they might take of a disk. */
const MAX_BYTES_IN_MEMORY = 16_000_000;

/** What may help a store that does not open. */
type Rescue = (options: OpenOptions) => Promise<void> | void;

const RESCUES: readonly Rescue[] = [
  () => undefined,
  async ({ room, path, log }) => {
    await room.repair(path);
    log.warn({ path }, 'the outbox was damaged and has been repaired: samples may be missing');
  },
  ({ room, path, log }) => {
    const aside = room.setAside(path);
    log.warn({ aside }, 'the old outbox was set aside: `martinete outbox export` reads it with --path');
  },
];

/**
 * Opens the outbox, whatever state it is in: a damaged one is repaired, one that cannot be repaired or was written by a
 * later version is set aside, and where the disk takes nothing at all, samples are kept in memory. Some damages make
 * LevelDB abort the process: the next ones find out, and try something else.
 * @throws ClientError `already_running` where another process has it open.
 */
export async function openOutbox(options: OpenOptions): Promise<OpenedOutbox> {
  const { room, path, log, bounds } = options;
  const deaths = room.opening(path);
  try {
    if (deaths > 0) log.warn({ path, deaths }, 'the client has died of opening the outbox');
    const fromDisk = await openOnDisk(options, Math.floor(deaths / DEATHS_PER_RESCUE));
    if (fromDisk) return fromDisk;
  } finally {
    room.opened(path);
  }
  log.error(
    { path },
    'samples are kept in memory, and lost with the next restart: check the disk and [outbox] path',
  );
  const maxBytes = Math.min(bounds.maxBytes, MAX_BYTES_IN_MEMORY);
  return await open(new MemoryLevel(), { ...options, bounds: { ...bounds, maxBytes } });
}

async function openOnDisk(options: OpenOptions, failedRescues: number): Promise<OpenedOutbox | undefined> {
  const { room, path, log } = options;
  const probe = (): Promise<void> => room.probe(path);
  const rescues = RESCUES.slice(Math.min(failedRescues, RESCUES.length - 1));
  for (let rescue = rescues.shift(); rescue; rescue = rescues.shift()) {
    try {
      await rescue(options);
      const opened = await open(room.create(path), { ...options, probe });
      const lostBytes = room.lostBytes(path);
      if (lostBytes > 0) log.warn({ path, lostBytes }, 'the outbox was damaged: samples may be missing');
      return opened;
    } catch (error) {
      if (isLocked(error)) throw alreadyRunning(path, error);
      log.error({ err: error, path }, 'the outbox cannot be opened');
      // A repair would be made by rules that are no longer its own.
      if (error instanceof NewerStoreError) rescues.splice(0, rescues.length - 1);
    }
    // A disk that takes nothing is no fault of the store, which is better left as it is.
    if (!(await succeeds(probe))) return undefined;
  }
  return undefined;
}

async function open(store: Store, options: OutboxOptions): Promise<OpenedOutbox> {
  try {
    await store.open();
    const outbox = await Outbox.open(store, options);
    return { outbox, close: () => outbox.close() };
  } catch (error) {
    await store.close();
    throw error;
  }
}

async function succeeds(act: () => Promise<void>): Promise<boolean> {
  return act().then(
    () => true,
    () => false,
  );
}

function isLocked(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  return ('code' in error && error.code === 'LEVEL_LOCKED') || isLocked(error.cause);
}

function alreadyRunning(path: string, cause: unknown): ClientError {
  return new ClientError(
    'already_running',
    `Another martinete is already running: it has the outbox ${path} open. Stop it first ` +
      '(`systemctl stop martinete`), or give this one another [outbox] path.',
    { cause },
  );
}
