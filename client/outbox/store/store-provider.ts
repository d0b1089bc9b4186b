import type { Store } from './tables.ts';

/** What LevelDB is asked to do with a store. */
export type StoreOperation = 'read' | 'repair';

/** A copy of a store that may be written to. */
export interface StoreCopy {
  readonly path: string;
  readonly remove: () => void;
}

/** Where stores are kept. */
export interface StoreProvider {
  /** The store at a path, not yet opened. @throws if opening it would destroy what is left of it. */
  create(path: string): Store;
  /** Whether there is a store at a path, or what is left of one. */
  exists(path: string): boolean;
  /** Whether a process has the store at a path open; undefined if that cannot be found out. */
  isOpen(path: string): boolean | undefined;
  /** Saves what can be saved of a damaged store. */
  repair(path: string): Promise<void>;
  /** Moves a store out of the way, and deletes the oldest of those that were moved before; returns where it is now. */
  setAside(path: string): string;
  /** The stores that were moved out of the way of this one, oldest first. */
  asideOf(path: string): readonly string[];
  /** Finds out whether the disk takes writes at a path. @throws what it says instead. */
  probe(path: string): Promise<void>;
  /** Number of bytes of an open store that could not be read when it was opened. */
  lostBytes(path: string): number;
  /** Notes that this process uses a store; returns how many in a row have ended without `released` before. */
  inUse(path: string): number;
  /** Notes that this process has used a store for long enough, or is done with it. */
  released(path: string): void;
  /** Whether a process of its own survives an operation; what it says about the store does not count. */
  survives(path: string, operation: StoreOperation): Promise<boolean>;
  /** Makes a copy of a store for reading, beside which the store itself stays as it is. */
  copy(path: string): StoreCopy;
}
