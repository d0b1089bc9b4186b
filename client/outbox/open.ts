import { LateDisk } from './late-disk.ts';
import type { Store } from './layout.ts';
import { Outbox, type OutboxOptions } from './outbox.ts';
import { openStore, type StorePlace } from './rescues.ts';

/** Where stores are kept. */
export interface StoreRoom {
  /** The store at a path, not yet opened. @throws where opening it would destroy what is left of it. */
  create(path: string): Store;
  /** Whether there is a store at a path, or what is left of one. */
  exists(path: string): boolean;
  /** Whether a process has the store at a path open; undefined where nobody can tell. */
  isOpen(path: string): boolean | undefined;
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

interface OpenOptions extends OutboxOptions, StorePlace {}

/**
 * Opens the outbox, whatever state it is in. Where the disk takes nothing at all, samples are kept in memory until it
 * does.
 * @throws ClientError `already_running` where another process has it open.
 */
export async function openOutbox(options: OpenOptions): Promise<OpenedOutbox> {
  const { room, path, log } = options;
  const outboxOptions = { ...options, probe: () => room.probe(path) };
  const onDisk = await openStore(options, (store) => Outbox.open(store, outboxOptions));
  if (!onDisk) {
    log.error(
      { path },
      'samples are kept in memory until the disk works, and lost with a restart before: check it and [outbox] path',
    );
  }
  const outbox = onDisk ?? Outbox.inMemory(new LateDisk(options), outboxOptions);
  return { outbox, close: () => outbox.close() };
}
