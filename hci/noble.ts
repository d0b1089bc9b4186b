import type { EventEmitter } from 'node:events';
import type { AclBindings } from './acl-guard.ts';
import { type Adapter, AdapterError } from './adapter.ts';
import { withAdvice } from './advice.ts';
import { loadLibrary } from './loader.ts';
import { guardNoble } from './noble-guard.ts';
import { withoutProcessListeners } from './process-listeners.ts';
import { keepSupervisionTimeouts, type ConnectionParameterHci } from './supervision-timeout.ts';
import { Teardown } from './teardown.ts';
import { overrideChannel } from './user-channel.ts';

/** The part of noble that the client uses; its own declarations miss connection parameters and the bindings. */
export interface Noble extends EventEmitter {
  readonly state: string;
  startScanning(serviceUuids: string[], allowDuplicates: boolean): void;
  stopScanning(): void;
}

export interface NoblePeripheral extends EventEmitter {
  readonly id: string;
  readonly address: string;
  readonly addressType: string;
  readonly connectable: boolean;
  readonly rssi: number;
  readonly state: string;
  readonly advertisement: {
    readonly localName?: string;
    readonly manufacturerData?: Buffer;
    readonly serviceData?: readonly { readonly uuid: string; readonly data: Buffer }[];
  };
  /** What is left out takes noble's own defaults, among them a supervision timeout of 0.42 s. */
  connect(parameters?: Partial<NobleConnectionParameters>): void;
  cancelConnect(): void;
  disconnect(): void;
  /** Answered by `servicesDiscover` as well; noble keeps a callback until then, even over a disconnect. */
  discoverServices(uuids: string[], callback?: (error: unknown, services: NobleService[]) => void): void;
}

/** In the units of LE Create Connection: intervals of 1.25 ms, timeouts of 10 ms, latency in events. */
export interface NobleConnectionParameters {
  readonly minInterval: number;
  readonly maxInterval: number;
  readonly latency: number;
  readonly timeout: number;
}

export interface NobleService extends EventEmitter {
  readonly uuid: string;
  discoverCharacteristics(
    uuids: string[],
    callback: (error: unknown, characteristics: NobleCharacteristic[]) => void,
  ): void;
}

export interface NobleCharacteristic extends EventEmitter {
  readonly uuid: string;
  readonly properties: readonly string[];
  write(data: Buffer, withoutResponse: boolean, callback?: (error?: unknown) => void): void;
  subscribe(callback: (error?: unknown) => void): void;
}

interface NobleInternals {
  _bindings: AclBindings & {
    readonly _hci: ConnectionParameterHci & { pollIsDevUp: () => void; readLeBufferSize: () => void };
  };
}

/** An instance of noble on an adapter of its own, and how to end it. */
export interface LoadedNoble {
  readonly noble: Noble;
  /** Aborts when the adapter is gone or switched off: noble itself goes on as if nothing had happened. */
  readonly failed: AbortSignal;
  /**
   * Emits `leScanEnableSet` with the HCI status of each command to begin or end a scan: noble keeps a refusal to itself,
   * and takes the end that it asks for before every scan for the begin.
   */
  readonly hci: EventEmitter;
  /** Leaves nothing behind: no timer, socket or listener. noble has no such call of its own. */
  readonly close: () => void;
}

/**
 * Loads noble on `adapter` and starts it; it is usable once its `stateChange` says `poweredOn`.
 * In the HCI user channel noble never asks for the size of the ACL buffers, and then never sends: asked here. There it
 * also grants a peripheral every connection parameter that it asks for: here it keeps the supervision timeout. In raw
 * mode that is the kernel's to answer, and noble is kept out of it.
 * @throws AdapterError with advice where the adapter cannot be opened, or whatever else its socket throws.
 */
export function loadNoble(adapter: Adapter): LoadedNoble {
  const teardown = new Teardown(adapter);
  const releaseChannel = overrideChannel(adapter.channel);
  try {
    const noble = loadLibrary('@abandonware/noble', teardown.open, (require) => {
      const create = require('@abandonware/noble/with-custom-binding') as (
        options: object,
      ) => Noble & NobleInternals;
      return create({ deviceId: adapter.deviceId, extended: false });
    });
    const hci = noble._bindings._hci;
    teardown.stopPolling(hci);
    guardNoble(noble._bindings);
    keepSupervisionTimeouts(hci);
    // Before any listener is added: on the first one noble would start itself, in a later tick.
    withoutProcessListeners(() => noble.state);
    noble.on('stateChange', (state: string) => {
      if (state === 'poweredOn') hci.readLeBufferSize();
      else teardown.fail(new AdapterError(`The Bluetooth adapter is ${state}`));
    });
    return {
      noble,
      hci,
      failed: teardown.failed,
      close: () => {
        teardown.end();
        releaseChannel();
        noble.removeAllListeners();
      },
    };
  } catch (error) {
    teardown.end();
    releaseChannel();
    throw withAdvice(error, adapter.channel);
  }
}
