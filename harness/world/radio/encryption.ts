import type { Connection } from './connection.ts';
import type { Controller } from './controller.ts';
import { encryptionChange, encryptionKeyRefresh, LE_EVENT, longTermKeyRequest, STATUS } from './events.ts';

/**
 * One end's part in encrypting a connection: both hosts have to give the same key (Bluetooth Core Vol 6 Part B, 5.1.3).
 * The data that cross the air stay as they are.
 */
export class Encryption {
  readonly #controller: Controller;
  readonly #connection: Connection;
  #isOn = false;
  /** The key that the central's host has given, until the peripheral's host has answered. */
  #offered: Buffer | undefined;
  /** Whether the peripheral's host owes a key. */
  #isAsked = false;

  constructor(controller: Controller, connection: Connection) {
    this.#controller = controller;
    this.#connection = connection;
  }

  /** Whether the central's host may ask for it now. */
  get canBegin(): boolean {
    return this.#connection.isCentral && this.#offered === undefined;
  }

  /** Whether the peripheral's host may answer now. */
  get canAnswer(): boolean {
    return this.#isAsked;
  }

  /** The central's host asks for it. @param request random number and diversifier, for the other host. */
  begin(request: Buffer, key: Buffer): void {
    this.#offered = Buffer.from(key);
    const asked = Buffer.from(request);
    this.#connection.exchange(({ encryption }) => encryption.#ask(asked));
  }

  /** The peripheral's host answers. @param key undefined where it has none. */
  answer(key: Buffer | undefined): void {
    this.#isAsked = false;
    if (!key) {
      this.#refuse();
      return;
    }
    const given = Buffer.from(key);
    this.#connection.exchange(({ encryption: central }) => {
      if (central.#offered?.equals(given)) for (const end of [central, this]) end.#start();
      else this.#controller.lose(this.#connection.link, STATUS.micFailure);
    });
  }

  /** The central asks for the key. A host that does not want to hear of it has none. */
  #ask(request: Buffer): void {
    this.#isAsked = this.#controller.eventMask.passesLe(LE_EVENT.longTermKeyRequest);
    if (this.#isAsked) this.#controller.notify(longTermKeyRequest(this.#connection.handle, request));
    else this.#refuse();
  }

  /** This end uses the key from now on. */
  #start(): void {
    this.#offered = undefined;
    const { handle } = this.#connection;
    this.#controller.notify(this.#isOn ? encryptionKeyRefresh(handle) : encryptionChange(handle));
    this.#isOn = true;
  }

  /** A connection that was encrypted already does not go on in the clear. */
  #refuse(): void {
    if (this.#isOn) this.#connection.hangUp(STATUS.keyMissing);
    else this.#connection.exchange(({ encryption }) => encryption.#refused());
  }

  #refused(): void {
    this.#offered = undefined;
    this.#controller.notify(encryptionChange(this.#connection.handle, STATUS.keyMissing));
  }
}
