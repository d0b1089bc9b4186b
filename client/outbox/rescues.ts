import { ClientError } from '../errors.ts';
import type { Logger } from '../log.ts';
import { NewerStoreError, type Store } from './layout.ts';
import type { StoreRoom } from './open.ts';

/** A store, and who is told of it. */
export interface StorePlace {
  readonly room: StoreRoom;
  readonly path: string;
  readonly log: Logger;
}

/** Processes that may die of opening a store before something else is tried: one may just have lost its power. */
const DEATHS_PER_RESCUE = 2;

/** What may help a store that does not open. */
type Rescue = (place: StorePlace) => Promise<void> | void;

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
 * Opens the store at a place, whatever state it is in: one that is damaged, or that `takeUp` throws on, is repaired, and
 * one that cannot be repaired or was written by a later version is set aside. Some damages make LevelDB abort the
 * process: the next ones find out, and try something else.
 * @returns what `takeUp` makes of the opened store; undefined where the disk takes nothing.
 * @throws ClientError `already_running` where another process has it open.
 */
export async function openStore<T>(
  place: StorePlace,
  takeUp: (store: Store) => Promise<T>,
): Promise<T | undefined> {
  const { room, path, log } = place;
  const deaths = room.opening(path);
  try {
    if (deaths > 0) log.warn({ path, deaths }, 'the client has died of opening the outbox');
    return await openAfter(Math.floor(deaths / DEATHS_PER_RESCUE), place, takeUp);
  } finally {
    room.opened(path);
  }
}

async function openAfter<T>(
  failedRescues: number,
  place: StorePlace,
  takeUp: (store: Store) => Promise<T>,
): Promise<T | undefined> {
  const { room, path, log } = place;
  const rescues = RESCUES.slice(Math.min(failedRescues, RESCUES.length - 1));
  for (let rescue = rescues.shift(); rescue; rescue = rescues.shift()) {
    try {
      await rescue(place);
      return await open(place, takeUp);
    } catch (error) {
      if (isLocked(error)) throw alreadyRunning(path, error);
      log.error({ err: error, path }, 'the outbox cannot be opened');
      // A repair would be made by rules that are no longer its own.
      if (error instanceof NewerStoreError) rescues.splice(0, rescues.length - 1);
    }
    // A disk that takes nothing is no fault of the store, which is better left as it is.
    if (!(await takesWrites(room, path))) return undefined;
  }
  return undefined;
}

async function open<T>({ room, path, log }: StorePlace, takeUp: (store: Store) => Promise<T>): Promise<T> {
  const store = room.create(path);
  try {
    await store.open();
    const lostBytes = room.lostBytes(path);
    const taken = await takeUp(store);
    if (lostBytes > 0) log.warn({ path, lostBytes }, 'the outbox was damaged: samples may be missing');
    return taken;
  } catch (error) {
    await store.close();
    throw error;
  }
}

/** Whether the disk takes anything at a place. */
export async function takesWrites(room: StoreRoom, path: string): Promise<boolean> {
  return room.probe(path).then(
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
