import type { StoreProvider } from '../store/store-provider.ts';
import type { Store } from '../store/tables.ts';

/** Provides a single store on which no operation fails. */
export function memoryStores(store: Store): StoreProvider {
  return {
    create: () => store,
    exists: () => true,
    isOpen: () => false,
    repair: () => Promise.resolve(),
    setAside: () => 'aside',
    asideOf: () => [],
    probe: () => Promise.resolve(),
    lostBytes: () => 0,
    markInUse: () => 0,
    clearInUse: () => undefined,
    survives: () => Promise.resolve(true),
    copy: (path) => ({ path, remove: () => undefined }),
  };
}
