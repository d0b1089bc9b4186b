import type { MemoryLevel } from 'memory-level';
import type { StoreProvider } from '../store/provider.ts';

/** A single store in memory, on a disk that never fails. */
export function memoryStores(store: MemoryLevel): StoreProvider {
  return {
    create: () => store,
    exists: () => true,
    isOpen: () => false,
    repair: () => Promise.resolve(),
    setAside: () => 'aside',
    asideOf: () => [],
    probe: () => Promise.resolve(),
    lostBytes: () => 0,
    inUse: () => 0,
    released: () => undefined,
    survives: () => Promise.resolve(true),
    copy: (path) => ({ path, remove: () => undefined }),
  };
}
