import { closeSync, lstatSync, readdirSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { AdapterError } from './adapter-error.ts';
import type { HciSocket } from './socket.ts';

/** Interval at which a bound adapter is checked. */
const CHECK_INTERVAL_MS = 1_000;
/** Directory with an entry for each Bluetooth adapter of the kernel. */
export const ADAPTERS = '/sys/class/bluetooth';
/** Directory of links to the open files of this process. */
const OPEN_FILES = '/proc/self/fd';

/**
 * Opens a socket of the native package, and makes `stop` close its file descriptor. The package's own `stop` leaves the
 * descriptor open, which keeps a user channel busy until the process exits. The package does not expose the descriptor,
 * so it is found through /proc; if that fails, `stop` remains as it was. A stopped socket ignores all further calls,
 * because its descriptor may have been reused.
 * @param open synchronous function that creates the socket; its errors are passed on.
 */
export function closeOnStop<Socket extends HciSocket>(open: () => Socket): Socket {
  const before = socketFiles();
  const socket = open();
  const added = [...socketFiles()].filter(([fd, file]) => before.get(fd) !== file);
  const stop = socket.stop.bind(socket);
  let isStopped = false;
  socket.stop = () => {
    if (isStopped) return;
    isStopped = true;
    stop();
    socket.write = socket.setFilter = socket.start = () => undefined;
    socket.isDevUp = () => false;
    // A DNS lookup in another thread may have opened a socket meanwhile, but only briefly.
    const [own, ...others] = added.filter(([fd, file]) => socketAt(fd) === file);
    if (own && others.length === 0) closeSync(own[0]);
  };
  return socket;
}

/**
 * Makes a socket emit `error` (an AdapterError, once) when the adapter that it has bound is unplugged. The package ignores
 * that, and a peripheral that advertises writes nothing that could fail. The kernel answers no questions on a socket of
 * the user channel, so the adapter is watched in sysfs: its entry has a new inode each time it is plugged in.
 * @param name name of the adapter, such as hci0.
 */
export function reportRemoval<Socket extends HciSocket>(
  socket: Socket,
  name: string,
  folder = ADAPTERS,
): Socket {
  const inode = (): number | undefined => lstatSync(join(folder, name), { throwIfNoEntry: false })?.ino;
  let timer: NodeJS.Timeout | undefined;
  const bindUser = socket.bindUser.bind(socket);
  socket.bindUser = (deviceId) => {
    const bound = bindUser(deviceId);
    const original = inode();
    if (original === undefined) return bound;
    timer = setInterval(() => {
      if (inode() === original) return;
      clearInterval(timer);
      socket.emit('error', new AdapterError(`The Bluetooth adapter ${name} was unplugged: plug it in again`));
    }, CHECK_INTERVAL_MS);
    return bound;
  };
  const stop = socket.stop.bind(socket);
  socket.stop = () => {
    clearInterval(timer);
    stop();
  };
  return socket;
}

/** Lists the open sockets of this process: descriptor and link target. */
function socketFiles(): Map<number, string> {
  const files = new Map<number, string>();
  for (const fd of openFiles()) {
    const file = socketAt(fd);
    if (file !== undefined) files.set(fd, file);
  }
  return files;
}

function openFiles(): number[] {
  try {
    return readdirSync(OPEN_FILES).map(Number);
  } catch {
    return [];
  }
}

/** Link target of a descriptor; undefined if it is not a socket. */
function socketAt(fd: number): string | undefined {
  try {
    const file = readlinkSync(`${OPEN_FILES}/${fd}`);
    return file.startsWith('socket:') ? file : undefined;
  } catch {
    return undefined;
  }
}
