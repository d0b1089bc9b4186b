import { MemoryLevel } from 'memory-level';
import { ClientError } from '../errors.ts';
import type { Logger } from '../log.ts';
import { NewerStoreError, type Store } from './layout.ts';
import { Outbox, type OutboxOptions } from './outbox.ts';

/** Where stores are kept. */
export interface StoreRoom {
  /** The store at a path, not yet opened. */
  create(path: string): Store;
  /** Saves what can be saved of a damaged store. */
  repair(path: string): Promise<void>;
  /** Moves a store out of the way; returns where it is now. */
  setAside(path: string): string;
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

/**
 * Opens the outbox, whatever state it is in: a damaged one is repaired, one that cannot be repaired or was written by a
 * later version is set aside, and where the disk takes nothing at all, samples are kept in memory.
 * @throws ClientError `already_running` where another process has it open.
 */
export async function openOutbox({ room, path, log, ...options }: OpenOptions): Promise<OpenedOutbox> {
  const attempts: readonly (() => Promise<OpenedOutbox>)[] = [
    () => open(room.create(path), options),
    async () => {
      await room.repair(path);
      log.warn({ path }, 'the outbox was damaged and has been repaired');
      return await open(room.create(path), options);
    },
    async () => {
      const aside = room.setAside(path);
      log.warn({ aside }, 'the old outbox was set aside: `martinete outbox export` reads it with --path');
      return await open(room.create(path), options);
    },
  ];
  for (const attempt of attempts) {
    try {
      return await attempt();
    } catch (error) {
      if (isLocked(error)) throw alreadyRunning(path, error);
      log.error({ err: error, path }, 'the outbox cannot be opened');
      // A repair would be made by rules that are no longer its own.
      if (error instanceof NewerStoreError) return await (attempts.at(-1) ?? attempt)();
    }
  }
  log.error('samples are kept in memory: the next restart loses those that the broker has not got by then');
  return await open(new MemoryLevel(), options);
}

async function open(store: Store, options: OutboxOptions): Promise<OpenedOutbox> {
  try {
    await store.open();
    const outbox = await Outbox.open(store, options);
    return {
      outbox,
      close: async () => {
        await outbox.settled();
        await store.close();
      },
    };
  } catch (error) {
    await store.close();
    throw error;
  }
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
