import type { HciSocket } from './socket.ts';

/** Methods of the socket that run in the child process. */
export type SocketMethod =
  | 'bindRaw'
  | 'bindUser'
  | 'bindControl'
  | 'isDevUp'
  | 'setFilter'
  | 'start'
  | 'write';

/** Message to the child process: a method of the socket and its arguments. */
export type SocketCall = {
  [Name in SocketMethod]: readonly [Name, ...Parameters<HciSocket[Name]>];
}[SocketMethod];

/** Message from the child process: a received packet, a successful bind, the result of `isDevUp`, or an error. */
export type SocketReport =
  | Buffer
  | { readonly isBound: true }
  | { readonly isUp: boolean }
  | { readonly failure: { readonly message: string; readonly code: unknown } };
