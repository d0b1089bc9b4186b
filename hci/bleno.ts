import type { EventEmitter } from 'node:events';
import type { Adapter } from './adapter.ts';
import { loadAfresh, withHciSocket } from './loader.ts';
import { withoutProcessListeners } from './process-listeners.ts';
import type { HciSocket } from './socket.ts';

/** The part of bleno that a virtual scooter uses. */
export interface Bleno extends EventEmitter {
  readonly state: string;
  readonly PrimaryService: new (options: BlenoServiceOptions) => object;
  readonly Characteristic: new (options: BlenoCharacteristicOptions) => object;
  setServices(services: object[]): void;
  startAdvertisingWithEIRData(advertisement: Buffer, scanResponse: Buffer): void;
  stopAdvertising(): void;
  disconnect(): void;
}

export interface BlenoServiceOptions {
  readonly uuid: string;
  readonly characteristics: object[];
}

export interface BlenoCharacteristicOptions {
  readonly uuid: string;
  readonly properties: readonly string[];
  readonly value?: Buffer;
  readonly onWriteRequest?: (
    data: Buffer,
    offset: number,
    withoutResponse: boolean,
    callback: (result: number) => void,
  ) => void;
  readonly onSubscribe?: (maxValueSize: number, update: (data: Buffer) => void) => void;
  readonly onUnsubscribe?: () => void;
}

interface BlenoInternals {
  _bindings: {
    init: () => void;
    _gatt: { maxMtu: number };
    _hci: { _socket: HciSocket; pollIsDevUp: () => void };
  };
}

/** An instance of bleno on an adapter of its own, and how to end it. */
export interface LoadedBleno {
  readonly bleno: Bleno;
  /** Leaves nothing behind: no timer, socket or listener. bleno has no such call of its own. */
  close(): void;
}

/**
 * Loads bleno on `adapter` and starts it; it is usable once its `stateChange` says `poweredOn`.
 * bleno keeps its bindings in its modules, so every instance gets a module graph of its own.
 * @param maxMtu the ATT MTU it agrees to, in bytes (23 or more).
 * @throws whatever the adapter's socket throws when it cannot be opened.
 */
export function loadBleno(adapter: Adapter, { maxMtu }: { maxMtu: number }): LoadedBleno {
  const opened: HciSocket[] = [];
  const open = (): HciSocket => {
    const socket = adapter.open();
    opened.push(socket);
    return socket;
  };
  const close = (): void => {
    for (const socket of opened) {
      socket.removeAllListeners();
      socket.on('error', () => undefined);
      socket.stop();
    }
  };
  const outerDeviceId = process.env['BLENO_HCI_DEVICE_ID'];
  try {
    const bleno = withHciSocket(open, (require) => loadAfresh(require, '@abandonware/bleno')) as Bleno &
      BlenoInternals;
    bleno._bindings._gatt.maxMtu = maxMtu;
    process.env['BLENO_HCI_DEVICE_ID'] = String(adapter.deviceId);
    withoutProcessListeners(() => bleno.on('stateChange', () => undefined));
    return {
      bleno,
      close: () => {
        bleno._bindings._hci.pollIsDevUp = () => undefined;
        close();
        bleno.removeAllListeners();
      },
    };
  } catch (error) {
    close();
    throw error;
  } finally {
    if (outerDeviceId === undefined) delete process.env['BLENO_HCI_DEVICE_ID'];
    else process.env['BLENO_HCI_DEVICE_ID'] = outerDeviceId;
  }
}
