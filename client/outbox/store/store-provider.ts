import type { Store } from './tables.ts';

/** Operation of LevelDB that may crash on a damaged store. */
export type StoreOperation = 'read' | 'repair';

/** A writable copy of a store. */
export interface StoreCopy {
  readonly path: string;
  readonly remove: () => void;
}

/** Creates, checks and repairs stores. */
export interface StoreProvider {
  /**
   * Creates a store at a path, not yet opened. @throws if opening it would delete data of a damaged store, or if there are
   * files but no store.
   */
  create(path: string): Store;
  /** Whether there is a store, intact or damaged, at a path. */
  exists(path: string): boolean;
  /** Whether a process has the store at a path open; undefined if unknown. */
  isOpen(path: string): boolean | undefined;
  /** Repairs a damaged store as far as possible. */
  repair(path: string): Promise<void>;
  /** Renames a store, and deletes the oldest renamed ones; returns the new path. */
  setAside(path: string): string;
  /** Paths of the stores that were set aside at a path, oldest first. */
  asideOf(path: string): readonly string[];
  /** Writes a test file at a path. @throws the error of the disk if that fails. */
  probe(path: string): Promise<void>;
  /** Number of bytes of an open store that could not be read when it was opened. */
  lostBytes(path: string): number;
  /** Records that this process opens a store; returns the number of consecutive earlier starts without `clearInUse`. */
  markInUse(path: string): number;
  /**
   * Records that this process has run long enough with a store, or has closed it.
   * @param crashes the number that `markInUse` returned if the store could not be opened, which proves nothing about it.
   */
  clearInUse(path: string, crashes?: number): void;
  /** Whether a child process survives an operation, even if the operation fails. Never rejects. */
  survives(path: string, operation: StoreOperation, signal: AbortSignal): Promise<boolean>;
  /** Copies a store for reading, without changing it. */
  copy(path: string): StoreCopy;
}
