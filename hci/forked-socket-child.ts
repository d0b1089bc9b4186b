import { createRequire } from 'node:module';
import type { SocketCall, SocketMethod, SocketReport } from './forked-socket-messages.ts';
import type { HciSocket } from './socket.ts';

// Child process of a ForkedSocket: runs only the native socket, which may block here. It takes the module name of the
// socket as its argument, executes the calls of its parent, and exits when the parent disconnects or exits.

const require = createRequire(import.meta.url);

function send(report: SocketReport): void {
  // Sending fails only if the parent is gone.
  process.send?.(report, undefined, undefined, () => undefined);
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
  const methods = socket as unknown as Record<SocketMethod, (...args: unknown[]) => unknown>;
  const result = methods[method](...args);
  if (method === 'isDevUp') send({ isUp: result === true });
  if (method === 'bindRaw') send({ isBound: true });
}

let socket: HciSocket | undefined;

// Ctrl-C and the service manager signal the whole process group: the parent decides when this process exits.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => undefined);
// The process exits by itself once the socket is stopped.
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
