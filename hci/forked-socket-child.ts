import { createRequire } from 'node:module';
import type { HciSocket } from './socket.ts';

// The process of a ForkedSocket: the native socket alone, which may block here as long as it likes. It is given the
// module that the socket comes from, does what its parent asks, and ends when that hangs up or is gone.

type Method = 'bindRaw' | 'bindUser' | 'bindControl' | 'isDevUp' | 'setFilter' | 'start' | 'write';

/** A call of the socket: its method and arguments. */
export type SocketCall = { [Name in Method]: readonly [Name, ...Parameters<HciSocket[Name]>] }[Method];

/** What comes of it: a packet, the answer to `isDevUp`, or an error. */
export type SocketReport =
  | Buffer
  | { readonly isUp: boolean }
  | { readonly failure: { readonly message: string; readonly code: unknown } };

const require = createRequire(import.meta.url);

function send(news: SocketReport): void {
  // Nobody listens any more where it cannot be sent.
  process.send?.(news, undefined, undefined, () => undefined);
}

function sendFailure(error: unknown): void {
  const message = error instanceof Error ? error.message : String(error);
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  send({ failure: { message, code } });
}

function open(): HciSocket {
  const NativeSocket = require(process.argv[2] ?? '') as new () => HciSocket;
  const socket = new NativeSocket();
  socket.on('data', send);
  socket.on('error', sendFailure);
  return socket;
}

function execute(socket: HciSocket, [method, ...args]: SocketCall): void {
  const methods = socket as unknown as Record<Method, (...args: unknown[]) => unknown>;
  const result = methods[method](...args);
  if (method === 'isDevUp') send({ isUp: result === true });
}

let socket: HciSocket | undefined;

// Ctrl-C and the service manager tell the whole group: whether it is time to end is the parent's to say.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => undefined);
// A socket that is stopped keeps no process alive.
process.once('disconnect', () => socket?.stop());
process.on('message', (call: SocketCall) => {
  try {
    if (socket) execute(socket, call);
  } catch (error) {
    sendFailure(error);
  }
});
try {
  socket = open();
} catch (error) {
  sendFailure(error);
}
