import { encryptionChange, encryptionKeyRefresh, LE_EVENT, longTermKeyRequest } from './events.ts';
import type { HostPort } from './host-port.ts';
import { STATUS } from './status.ts';

/** What encryption needs of the connection that it protects. */
export interface EncryptableConnection {
  readonly handle: number;
  readonly isCentral: boolean;
  /** Runs a link layer control procedure, unless the other end has left the link by then. */
  runProcedure(procedure: (other: { readonly encryption: Encryption }) => void): void;
  terminate(reason: number): void;
  /** Ends the connection at this end alone: the other one notices by supervision. */
  abandon(reason: number): void;
}

/**
 * One end's part in encrypting a connection: both hosts have to supply the same key (Bluetooth Core Vol 6 Part B,
 * 5.1.3). The data that cross the air stay as they are.
 */
export class Encryption {
  readonly #connection: EncryptableConnection;
  readonly #host: HostPort;
  #isOn = false;
  /** The key of the central's host, until the peripheral's host has answered. */
  #centralKey: Buffer | undefined;
  /** Whether the peripheral's host has yet to answer a request for its key. */
  #isKeyRequested = false;

  constructor(connection: EncryptableConnection, host: HostPort) {
    this.#connection = connection;
    this.#host = host;
  }

  /** Whether the central's host may start encryption now. */
  get canStart(): boolean {
    return this.#connection.isCentral && this.#centralKey === undefined;
  }

  /** Whether the peripheral's host may supply or deny a key now. */
  get canReply(): boolean {
    return this.#isKeyRequested;
  }

  /** Starts encryption for the central's host. @param request random number and diversifier, for the other host. */
  start(request: Buffer, key: Buffer): void {
    this.#centralKey = Buffer.from(key);
    const copy = Buffer.from(request);
    this.#connection.runProcedure(({ encryption }) => encryption.#requestKey(copy));
  }

  /** Takes the reply of the peripheral's host. @param key undefined if it has none. */
  reply(key: Buffer | undefined): void {
    this.#isKeyRequested = false;
    if (!key) {
      this.#reject();
      return;
    }
    const copy = Buffer.from(key);
    this.#connection.runProcedure(({ encryption: central }) => {
      if (central.#centralKey?.equals(copy)) for (const end of [central, this]) end.#turnOn();
      else this.#connection.abandon(STATUS.micFailure);
    });
  }

  /** Requests the key from the peripheral's host. A host that masks this event has none. */
  #requestKey(request: Buffer): void {
    this.#isKeyRequested = this.#host.eventMask.passesLe(LE_EVENT.longTermKeyRequest);
    if (this.#isKeyRequested) this.#host.notify(longTermKeyRequest(this.#connection.handle, request));
    else this.#reject();
  }

  #turnOn(): void {
    this.#centralKey = undefined;
    const { handle } = this.#connection;
    this.#host.notify(this.#isOn ? encryptionKeyRefresh(handle) : encryptionChange(handle));
    this.#isOn = true;
  }

  /** Ends a connection that was encrypted before, as it may not continue unencrypted. */
  #reject(): void {
    if (this.#isOn) this.#connection.terminate(STATUS.keyMissing);
    else this.#connection.runProcedure(({ encryption }) => encryption.#rejected());
  }

  #rejected(): void {
    this.#centralKey = undefined;
    this.#host.notify(encryptionChange(this.#connection.handle, STATUS.keyMissing));
  }
}
