import { type ParcelType, decodeAvdtp } from '../../protocol/avdtp.ts';
import { EncryptedFrameDecoder, sealFrame } from '../../protocol/encrypted-frame.ts';
import { ProtocolError } from '../../protocol/errors.ts';
import { chunk } from '../../protocol/gatt.ts';
import {
  type LoginKeys,
  createKeyPair,
  deriveLogin,
  deriveRegistration,
  sealDid,
} from '../../protocol/keys.ts';
import type { RegisterMessage } from '../../protocol/message.ts';
import { ParcelReceiver, ParcelSender } from '../../protocol/parcel.ts';
import { type UpnpOpcode, decodeUpnp, encodeUpnp } from '../../protocol/upnp.ts';
import type { Channel } from '../firmware/channel.ts';

/** Connection of a test's app to the scooter. */
export interface AppPort {
  write(channel: Channel, bytes: Buffer): void;
  /** Removes and returns the oldest notification, after delivering all packets in flight. */
  takeNotification(channel: Channel): Buffer | undefined;
}

const PADDING = Buffer.alloc(4);

/** The app's side of the protocol for tests; a result is undefined if the scooter does not reply. */
export class App {
  readonly #port: AppPort;
  #keys: LoginKeys | undefined;
  #counter = 0;
  #decoder: EncryptedFrameDecoder | undefined;

  constructor(port: AppPort) {
    this.#port = port;
  }

  sendOpcode(opcode: UpnpOpcode): void {
    this.#port.write('upnp', encodeUpnp(opcode));
  }

  receiveOpcode(): UpnpOpcode | undefined {
    const bytes = this.next('upnp');
    return bytes && decodeUpnp(bytes);
  }

  /** Requests the device info. */
  readDeviceInfo(): Buffer | undefined {
    this.sendOpcode('deviceInfo');
    return this.receive('passThrough');
  }

  /** Registers; the result is empty if the scooter does not send READY. */
  register(privateKey: Buffer, did: Buffer): { token?: Buffer; result?: UpnpOpcode | undefined } {
    this.sendOpcode('registerStart');
    if (!this.send('publicKey', createKeyPair(privateKey).publicKey)) return {};
    return this.finishRegistration(privateKey, did);
  }

  /** Completes a registration after the scooter has received our public key. */
  finishRegistration(privateKey: Buffer, did: Buffer): { token?: Buffer; result?: UpnpOpcode | undefined } {
    const devicePublicKey = this.receive('publicKey');
    if (!devicePublicKey) return { result: this.receiveOpcode() };
    const { token, didKey } = deriveRegistration(privateKey, devicePublicKey);
    this.send('passThrough', sealDid(didKey, did));
    this.sendOpcode('registerConfirm');
    return { token, result: this.receiveOpcode() };
  }

  /** Logs in, even with a wrong token. */
  logIn(token: Buffer, appRandom: Buffer): UpnpOpcode | undefined {
    this.sendOpcode('loginStart');
    if (!this.send('appRandom', appRandom)) return this.receiveOpcode();
    const deviceRandom = this.receive('deviceRandom');
    this.receive('deviceConfirmation');
    if (!deviceRandom) return this.receiveOpcode();
    const keys = deriveLogin(token, appRandom, deviceRandom);
    this.send('appConfirmation', keys.appConfirmation);
    const result = this.receiveOpcode();
    if (result === 'loggedIn') this.useKeys(keys);
    return result;
  }

  useKeys(keys: LoginKeys): void {
    this.#keys = keys;
    this.#counter = 0;
    this.#decoder = new EncryptedFrameDecoder(keys.device);
  }

  /** Sends an encrypted request; returns the reply with its counter and its notifications. */
  request(
    message: RegisterMessage,
    counter = this.#counter++,
  ): { counter: number; message: RegisterMessage; notifications: Buffer[] } | undefined {
    if (!this.#keys || !this.#decoder) throw new Error('log in first');
    for (const part of chunk(sealFrame(this.#keys.app, counter, message, PADDING))) {
      this.#port.write('uart', part);
    }
    const notifications: Buffer[] = [];
    for (;;) {
      const part = this.next('uart');
      if (!part) break;
      notifications.push(part);
    }
    const [reply] = this.#decoder.push(Buffer.concat(notifications));
    if (reply instanceof ProtocolError) throw reply;
    return reply && { ...reply, notifications };
  }

  /** Sends a parcel; returns whether the scooter received all of it, and did not abort it. */
  send(type: ParcelType, payload: Buffer): boolean {
    try {
      return this.#sendAll(type, payload);
    } catch (error) {
      if (error instanceof ProtocolError && error.code === 'parcel') return false;
      throw error;
    }
  }

  #sendAll(type: ParcelType, payload: Buffer): boolean {
    const sender = new ParcelSender(type, payload);
    this.#port.write('avdtp', sender.start());
    while (!sender.done) {
      const bytes = this.next('avdtp');
      if (!bytes) return false;
      for (const frame of sender.onFrame(decodeAvdtp(bytes))) this.#port.write('avdtp', frame);
    }
    return true;
  }

  receive(type: ParcelType): Buffer | undefined {
    const receiver = new ParcelReceiver(type);
    for (;;) {
      const bytes = this.next('avdtp');
      if (!bytes) return undefined;
      const { replies, payload } = receiver.onFrame(decodeAvdtp(bytes));
      for (const reply of replies) this.#port.write('avdtp', reply);
      if (payload) return payload;
    }
  }

  next(channel: Channel): Buffer | undefined {
    return this.#port.takeNotification(channel);
  }
}
