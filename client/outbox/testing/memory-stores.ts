import type { StoreProvider } from '../store/store-provider.ts';
import type { Store } from '../store/tables.ts';

/** A single store, as it is: nothing around it ever fails. */
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
    inUse: () => 0,
    released: () => undefined,
    survives: () => Promise.resolve(true),
    copy: (path) => ({ path, remove: () => undefined }),
  };
}
