import { createRequire } from 'node:module';
import type { HciSocket, OpenHciSocket } from './socket.ts';

const SOCKET_PACKAGE = '@abandonware/bluetooth-hci-socket';

const require = createRequire(import.meta.url);
const cjsLoader = require('node:module') as {
  _load: (request: string, ...rest: unknown[]) => unknown;
};

let openCurrent: OpenHciSocket | undefined;

/** Stands where the libraries expect the native socket class, and yields the socket of whoever loads just now. */
function SeamSocket(): HciSocket {
  if (!openCurrent) throw new Error('A Bluetooth library opened a socket outside of its loader');
  return openCurrent();
}

/**
 * Runs `load` (which must be synchronous) so that every socket that a Bluetooth library constructs meanwhile comes
 * from `open`. Works with and without the native socket package installed, because it is never looked up.
 */
export function withHciSocket<T>(open: OpenHciSocket, load: (require: NodeJS.Require) => T): T {
  const originalLoad = cjsLoader._load;
  const outerOpen = openCurrent;
  openCurrent = open;
  cjsLoader._load = (request, ...rest) =>
    request === SOCKET_PACKAGE ? SeamSocket : originalLoad(request, ...rest);
  try {
    return load(require);
  } finally {
    cjsLoader._load = originalLoad;
    openCurrent = outerOpen;
  }
}

/**
 * Loads a package with a module graph of its own, so that state kept in its modules belongs to this load alone.
 * Modules of the package that were loaded before stay as they were for everybody else.
 */
export function loadAfresh(require: NodeJS.Require, packageName: string): unknown {
  const entry = require.resolve(packageName);
  const folder = entry.slice(0, entry.lastIndexOf(packageName) + packageName.length);
  const isOwn = (file: string): boolean => file.startsWith(folder);
  const earlier = Object.entries(require.cache).filter(([file]) => isOwn(file));
  for (const [file] of earlier) Reflect.deleteProperty(require.cache, file);
  try {
    return require(entry);
  } finally {
    for (const file of Object.keys(require.cache).filter(isOwn)) Reflect.deleteProperty(require.cache, file);
    for (const [file, module] of earlier) require.cache[file] = module;
  }
}
