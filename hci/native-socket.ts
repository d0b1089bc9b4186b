import { closeSync, readdirSync, readlinkSync } from 'node:fs';
import type { HciSocket } from './socket.ts';

/** The files that this process has open, as links. */
const OPEN_FILES = '/proc/self/fd';

/**
 * A socket of the native package whose `stop` also closes it. The package's own only stops listening, and what it opened
 * stays open to the end of the process: a user channel would be taken until then, even for this process itself. Which
 * file that is the package keeps to itself; where /proc does not tell either, stopping is what it was.
 * Once stopped, it ignores what its library still asks: the number of the file may be another one's by then.
 * @param open must be synchronous; what it throws is thrown.
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
    // A thread that looked up a host name meanwhile had a socket too, but not for long.
    const [own, ...others] = added.filter(([fd, file]) => socketAt(fd) === file);
    if (own && others.length === 0) closeSync(own[0]);
  };
  return socket;
}

/** The sockets that this process has open: what each is, by number. */
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

/** Which socket is open under a number. */
function socketAt(fd: number): string | undefined {
  try {
    const file = readlinkSync(`${OPEN_FILES}/${fd}`);
    return file.startsWith('socket:') ? file : undefined;
  } catch {
    return undefined;
  }
}
