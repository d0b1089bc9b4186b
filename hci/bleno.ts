import type { EventEmitter } from 'node:events';
import type { Adapter } from './adapter.ts';
import { nameOf, withAdvice } from './advice.ts';
import { guardBleno } from './bleno-guard.ts';
import {
  encodeParameterUpdateRequest,
  satisfies,
  type RequestedParameters,
} from './connection-parameters.ts';
import { withEnvironment } from './environment.ts';
import { libraryConsole } from './library-console.ts';
import { rethrow, type OnLibraryProblem } from './library-problem.ts';
import { COMMAND } from './event-filter.ts';
import { withHciPlatform } from './hci-platform.ts';
import { loadLibrary } from './loader.ts';
import { L2CAP_CHANNEL, type GuardedBindings } from './packet-guard.ts';
import { withoutProcessListeners } from './process-listeners.ts';
import { failOnRefusedStart, type ReplyHandler } from './refused-start.ts';
import { Teardown } from './teardown.ts';
import { channelEnvironment } from './user-channel.ts';

/** The part of bleno's API that a virtual scooter uses. */
export interface Bleno extends EventEmitter {
  readonly state: string;
  /** Address of the controller, known once the state is `poweredOn`; `unknown` before. */
  readonly address: string;
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

/** Environment variable from which bleno reads the index of the adapter when it starts. */
const DEVICE_ID = 'BLENO_HCI_DEVICE_ID';

interface BlenoInternals {
  _bindings: GuardedBindings & {
    _gatt: { maxMtu: number };
    _hci: EventEmitter & ReplyHandler & { pollIsDevUp: () => void };
    /** Undefined or null without a connection. */
    _aclStream?: { write: (channel: number, data: Buffer) => void } | null;
  };
}

/** A running instance of bleno on its own adapter. */
export interface LoadedBleno {
  readonly bleno: Bleno;
  /** Aborts once the controller receives bleno's packets. */
  readonly opened: AbortSignal;
  /** Aborts with an AdapterError when the adapter fails, which bleno itself does not report. */
  readonly failed: AbortSignal;
  /** Requests other parameters for the current connection, unless it has them. bleno has no such function. */
  readonly requestParameters: (parameters: RequestedParameters) => void;
  /** Releases all timers, sockets and listeners. bleno has no such function. */
  readonly close: () => void;
}

/**
 * Loads bleno and starts it on `adapter`. It is usable once it emits `stateChange` with `poweredOn`. Because bleno
 * keeps its bindings in module state, every instance gets its own module graph. It serves GATT and does not pair; no
 * input of a central makes it throw.
 * @param maxMtu maximum ATT MTU, in bytes (23 or more).
 * @param onProblem receives what bleno prints, throws or cannot parse; by default what it throws ends the process.
 * @throws AdapterError with advice if the adapter cannot be opened.
 */
export function loadBleno(
  adapter: Adapter,
  { maxMtu }: { maxMtu: number },
  onProblem: OnLibraryProblem = rethrow,
): LoadedBleno {
  const teardown = new Teardown(adapter);
  const host = { open: teardown.open, console: libraryConsole(onProblem) };
  const environment = { ...channelEnvironment(adapter.channel), [DEVICE_ID]: String(adapter.deviceId) };
  try {
    const bleno = loadLibrary('@abandonware/bleno', host, (require) =>
      withHciPlatform(() => require('@abandonware/bleno') as Bleno & BlenoInternals),
    );
    bleno._bindings._gatt.maxMtu = maxMtu;
    teardown.stopPolling(bleno._bindings._hci);
    guardBleno(bleno._bindings, onProblem);
    failOnRefusedStart(bleno._bindings._hci, COMMAND.setAdvertisingParameters, (error) =>
      teardown.fail(error),
    );
    const requestParameters = parameterRequests(bleno._bindings);
    withEnvironment(environment, () =>
      withoutProcessListeners(() => bleno.on('stateChange', () => undefined)),
    );
    return {
      bleno,
      opened: teardown.opened,
      failed: teardown.failed,
      requestParameters,
      close: () => {
        teardown.end();
        bleno.removeAllListeners();
      },
    };
  } catch (error) {
    teardown.end();
    throw withAdvice(error, nameOf(adapter), adapter.channel);
  }
}

/** Returns a function that requests connection parameters; must be called before bleno starts. */
function parameterRequests(bindings: BlenoInternals['_bindings']): LoadedBleno['requestParameters'] {
  let current = { intervalMs: 0, supervisionTimeoutMs: 0 };
  type ConnectionComplete = [number, number, number, string, string, number, number, number];
  bindings._hci.on(
    'leConnComplete',
    (...[, , , , , intervalMs, , supervisionTimeoutMs]: ConnectionComplete) => {
      current = { intervalMs, supervisionTimeoutMs };
    },
  );
  return (parameters) => {
    if (satisfies(parameters, current)) return;
    bindings._aclStream?.write(L2CAP_CHANNEL.signaling, encodeParameterUpdateRequest(parameters));
  };
}
