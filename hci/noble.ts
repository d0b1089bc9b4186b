import type { EventEmitter } from 'node:events';
import type { Adapter } from './adapter.ts';
import { libraryConsole } from './library-console.ts';
import { rethrow, type OnLibraryProblem } from './library-problem.ts';
import { nameOf, stateAdvice, withAdvice } from './advice.ts';
import { COMMAND } from './event-filter.ts';
import { failOnHardwareError } from './hardware-error.ts';
import { withFullInitiatorWindow } from './initiator-window.ts';
import { loadLibrary } from './loader.ts';
import { guardNoble, type NobleBindings } from './noble-guard.ts';
import { withoutProcessListeners } from './process-listeners.ts';
import { failOnRefusedStart, type ReplyHandler } from './refused-start.ts';
import { keepSupervisionTimeouts, type ConnectionParameterHci } from './supervision-timeout.ts';
import { Teardown } from './teardown.ts';
import { overrideChannel } from './user-channel.ts';

/** The part of noble's API that the client uses; its own types lack connection parameters and the bindings. */
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
  /** Omitted parameters have noble's defaults, among them a supervision timeout of 0.42 s. */
  connect(parameters?: Partial<NobleConnectionParameters>): void;
  cancelConnect(): void;
  disconnect(): void;
  /** Also emits `servicesDiscover`; noble keeps the callback until then, even across a disconnect. */
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
  read(callback: (error: unknown, data: Buffer) => void): void;
}

interface NobleInternals {
  _bindings: NobleBindings & {
    readonly _hci: ConnectionParameterHci &
      ReplyHandler & {
        /** Of the adapter, from the reply to Read BD_ADDR. */
        readonly address?: string;
        /** Number and length of its ACL buffers, from the reply to LE Read Buffer Size or Read Buffer Size. */
        readonly _aclBuffers?: object;
        onSocketData: (packet: Buffer) => void;
        pollIsDevUp: () => void;
        readLeBufferSize: () => void;
      };
  };
}

/** A running instance of noble on its own adapter. */
export interface LoadedNoble {
  readonly noble: Noble;
  /** Aborts once the controller receives noble's packets; a kernel adapter or a child process may take seconds. */
  readonly opened: AbortSignal;
  /** Aborts with an AdapterError when the adapter fails or is switched off, from which noble itself does not recover. */
  readonly failed: AbortSignal;
  /**
   * Emits `leScanEnableSet` with the HCI status of each command to start or stop a scan. noble hides a refusal, and
   * mistakes the response to the stop command that it sends before every scan for that to the start.
   */
  readonly hci: EventEmitter;
  /** Releases all timers, sockets and listeners. noble has no such function. */
  readonly close: () => void;
}

/**
 * Loads noble and starts it on `adapter`. It is usable once it emits `stateChange` with `poweredOn`. Works around two
 * defects of noble in the HCI user channel: it never reads the ACL buffer size, without which it does not send, and it
 * accepts every supervision timeout that a peripheral requests. In raw mode the kernel answers such requests.
 * @param onProblem receives what noble prints, throws or cannot parse; by default what it throws ends the process.
 * @throws AdapterError with advice if the adapter cannot be opened.
 */
export function loadNoble(adapter: Adapter, onProblem: OnLibraryProblem = rethrow): LoadedNoble {
  const teardown = new Teardown(adapter);
  const host = { open: () => withFullInitiatorWindow(teardown.open()), console: libraryConsole(onProblem) };
  const restoreChannel = overrideChannel(adapter.channel);
  try {
    const noble = loadLibrary('@abandonware/noble', host, (require) => {
      // Chosen by itself, noble would use the bindings of macOS or Windows there, which know no HCI sockets.
      const Bindings = require('@abandonware/noble/lib/hci-socket/bindings') as new (
        options: object,
      ) => object;
      const create = require('@abandonware/noble/with-bindings') as (
        bindings: object,
      ) => Noble & NobleInternals;
      return create(new Bindings({ deviceId: adapter.deviceId, extended: false }));
    });
    const hci = noble._bindings._hci;
    teardown.stopPolling(hci);
    guardNoble(noble._bindings, onProblem);
    failOnHardwareError(hci, (error) => teardown.fail(error));
    failOnRefusedStart(hci, COMMAND.setScanParameters, (error) => teardown.fail(error));
    keepSupervisionTimeouts(hci);
    // Before any listener is added: the first one would make noble start in a later tick.
    withoutProcessListeners(() => noble.state);
    noble.on('stateChange', (state: string) => {
      if (state !== 'poweredOn') teardown.fail(stateAdvice(state, nameOf(adapter), adapter.channel));
      // noble takes the reply to its last command for that to all of them.
      else if (hci.address === undefined) teardown.fail(new Error('it has not told its own address'));
      else hci.readLeBufferSize();
    });
    // Without this reply noble would keep all that it has to send, on this connection and each later one.
    hci.on('leScanEnableSet', () => {
      if (noble.state === 'poweredOn' && !hci._aclBuffers) hci.readLeBufferSize();
    });
    return {
      noble,
      hci,
      opened: teardown.opened,
      failed: teardown.failed,
      close: () => {
        teardown.end();
        restoreChannel();
        noble.removeAllListeners();
      },
    };
  } catch (error) {
    teardown.end();
    restoreChannel();
    throw withAdvice(error, nameOf(adapter), adapter.channel);
  }
}
