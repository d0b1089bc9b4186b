import { createRequire } from 'node:module';
import type { HciSocket, OpenHciSocket } from './socket.ts';

/** An adapter that the host can open: its socket, and its index among the kernel's adapters. */
export interface Adapter {
  readonly open: OpenHciSocket;
  readonly deviceId: number;
}

/** Thrown for an adapter that cannot be named or opened; the message says what to do. */
export class AdapterError extends Error {
  override readonly name = 'AdapterError';
}

const NOT_COMPILED =
  'The Bluetooth socket is not compiled for this machine: run `npm run build:hci` in the checkout, or ' +
  '`npm rebuild @abandonware/bluetooth-hci-socket --ignore-scripts=false` where martinete is installed';

/** What to do about the errors of loading, opening and binding the kernel's socket, by error code. */
const ADVICE: ReadonlyMap<unknown, string> = new Map([
  ['MODULE_NOT_FOUND', NOT_COMPILED],
  ['ERR_DLOPEN_FAILED', NOT_COMPILED],
  ['EAFNOSUPPORT', 'This machine has no Bluetooth: its kernel does not know the address family'],
  ['EPERM', 'This process may not use Bluetooth: it needs CAP_NET_ADMIN and CAP_NET_RAW, or root'],
  ['ENODEV', 'This machine has no such Bluetooth adapter: `hciconfig` lists those that it has'],
  ['EBUSY', 'The Bluetooth adapter is in use: end what uses it, and bring it down (`hciconfig hci0 down`)'],
]);

const KERNEL = /^hci(\d{1,3})$/;

const require = createRequire(import.meta.url);

/** The failure to open an adapter with advice, where there is any; else as it is. */
export function withAdvice(error: unknown): Error {
  const advice = error instanceof Error && 'code' in error ? ADVICE.get(error.code) : undefined;
  if (advice !== undefined) return new AdapterError(advice, { cause: error });
  return error instanceof Error ? error : new AdapterError(String(error));
}

function openKernelSocket(): HciSocket {
  try {
    const NativeSocket = require('@abandonware/bluetooth-hci-socket') as new () => HciSocket;
    return new NativeSocket();
  } catch (error) {
    throw withAdvice(error);
  }
}

/**
 * The adapter that a string names: `hci0`, `hci1`, … for an adapter of the kernel.
 * Nothing is opened yet.
 * @throws AdapterError for any other string; its `open` throws one where the kernel gives no socket.
 */
export function parseAdapter(name: string): Adapter {
  const index = KERNEL.exec(name)?.[1];
  if (index === undefined) {
    throw new AdapterError(`"${name}" is no Bluetooth adapter: expected hci0, hci1, …`);
  }
  return { open: openKernelSocket, deviceId: Number(index) };
}
