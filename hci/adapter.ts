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

const KERNEL = /^hci(\d{1,3})$/;

const require = createRequire(import.meta.url);

function openKernelSocket(): HciSocket {
  try {
    const NativeSocket = require('@abandonware/bluetooth-hci-socket') as new () => HciSocket;
    return new NativeSocket();
  } catch (cause) {
    const noBluetooth = cause instanceof Error && cause.message.includes('Address family not supported');
    throw new AdapterError(
      noBluetooth
        ? 'This machine has no Bluetooth: its kernel does not know the address family'
        : 'The Bluetooth socket is not compiled on this machine: run `npm run build:hci` first',
      { cause },
    );
  }
}

/**
 * The adapter that a string names: `hci0`, `hci1`, … for an adapter of the kernel.
 * Nothing is opened yet.
 */
export function parseAdapter(name: string): Adapter {
  const index = KERNEL.exec(name)?.[1];
  if (index === undefined) {
    throw new AdapterError(`"${name}" is no Bluetooth adapter: expected hci0, hci1, …`);
  }
  return { open: openKernelSocket, deviceId: Number(index) };
}
