import { createRequire } from 'node:module';
import { dirname, sep } from 'node:path';
import type { HciSocket, OpenHciSocket } from './socket.ts';

const SOCKET_PACKAGE = '@abandonware/bluetooth-hci-socket';

const cjsLoader = createRequire(import.meta.url)('node:module') as {
  _load: (request: string, ...rest: unknown[]) => unknown;
};

/**
 * Runs `load` (which must be synchronous) on a Bluetooth library with a module graph of its own, in which every socket
 * comes from `open`. State that the library keeps in its modules belongs to this load alone; whoever loads the library
 * or the native socket otherwise, before or after, is not affected. Works with and without the native socket
 * installed, because it is never looked up.
 */
export function loadLibrary<T>(
  packageName: string,
  open: OpenHciSocket,
  load: (require: NodeJS.Require) => T,
): T {
  // One for each load: it keeps what it has loaded alive.
  const require = createRequire(import.meta.url);
  return withSocket(open, () => withOwnModules(require, packageName, () => load(require)));
}

function withSocket<T>(open: OpenHciSocket, load: () => T): T {
  const originalLoad = cjsLoader._load;
  /** Stands where the library expects the native socket class; whoever opens may want that class himself. */
  function Socket(): HciSocket {
    const currentLoad = cjsLoader._load;
    cjsLoader._load = originalLoad;
    try {
      return open();
    } finally {
      cjsLoader._load = currentLoad;
    }
  }
  cjsLoader._load = (request, ...rest) =>
    request === SOCKET_PACKAGE ? Socket : originalLoad(request, ...rest);
  try {
    return load();
  } finally {
    cjsLoader._load = originalLoad;
  }
}

function withOwnModules<T>(require: NodeJS.Require, packageName: string, load: () => T): T {
  const folder = dirname(require.resolve(`${packageName}/package.json`)) + sep;
  const takeOwn = (): [string, NodeJS.Module | undefined][] => {
    const own = Object.entries(require.cache).filter(([file]) => file.startsWith(folder));
    for (const [file] of own) Reflect.deleteProperty(require.cache, file);
    return own;
  };
  const earlier = takeOwn();
  try {
    return load();
  } finally {
    takeOwn();
    for (const [file, module] of earlier) require.cache[file] = module;
  }
}
