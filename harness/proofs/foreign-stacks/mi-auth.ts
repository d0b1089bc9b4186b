import { decodeAvdtp, type ParcelType } from '../../../protocol/avdtp.ts';
import { parseDeviceInfo } from '../../../protocol/device-info.ts';
import { EncryptedFrameDecoder, PADDING_BYTES, sealFrame } from '../../../protocol/encrypted-frame.ts';
import { chunk } from '../../../protocol/gatt.ts';
import {
  createKeyPair,
  deriveLogin,
  deriveRegistration,
  LOGIN_RANDOM_BYTES,
  PRIVATE_KEY_BYTES,
  sealDid,
} from '../../../protocol/keys.ts';
import { type Device, readRequest } from '../../../protocol/message.ts';
import { ParcelReceiver, ParcelSender } from '../../../protocol/parcel.ts';
import { decodeUpnp, encodeUpnp, type UpnpOpcode } from '../../../protocol/upnp.ts';

/** The connection of a third-party app to the scooter. */
export interface Scooter {
  write(channel: Channel, bytes: Buffer): Promise<void>;
  /** Removes and returns the oldest notification. */
  next(channel: Channel): Promise<Buffer>;
  /** Waits until the scooter has handled all writes; returns whether there are notifications. */
  hasAnswered(channel: Channel): Promise<boolean>;
}

export type Channel = 'upnp' | 'avdtp' | 'uart';

type RandomBytes = (count: number) => Buffer;

/** A minimal app that pairs, logs in and reads, without timeouts or retries. */
export class MiAuth {
  readonly #scooter: Scooter;
  readonly #random: RandomBytes;

  constructor(scooter: Scooter, random: RandomBytes) {
    this.#scooter = scooter;
    this.#random = random;
  }

  /** Pairs; returns the token, or undefined if the scooter waits for its power button. */
  async register(): Promise<Buffer | undefined> {
    const { privateKey, publicKey } = createKeyPair(this.#random(PRIVATE_KEY_BYTES));
    await this.#sendCommand('deviceInfo');
    const { did } = parseDeviceInfo(await this.#receive('passThrough'));
    if (!did) throw new Error('the scooter has no device id');
    await this.#sendCommand('registerStart');
    const sender = new ParcelSender('publicKey', publicKey);
    await this.#scooter.write('avdtp', sender.start());
    if (!(await this.#scooter.hasAnswered('avdtp'))) return undefined;
    await this.#finish(sender);
    const { token, didKey } = deriveRegistration(privateKey, await this.#receive('publicKey'));
    await this.#send('passThrough', sealDid(didKey, did));
    await this.#sendCommand('registerConfirm');
    await this.#expect('registered');
    return token;
  }

  /** @returns reads `byteCount` bytes of a register */
  async logIn(
    token: Buffer,
  ): Promise<(device: Device, register: number, byteCount: number) => Promise<Buffer>> {
    const appRandom = this.#random(LOGIN_RANDOM_BYTES);
    await this.#sendCommand('loginStart');
    await this.#send('appRandom', appRandom);
    const keys = deriveLogin(token, appRandom, await this.#receive('deviceRandom'));
    if (!keys.deviceConfirmation.equals(await this.#receive('deviceConfirmation')))
      throw new Error('the scooter does not know the token');
    await this.#send('appConfirmation', keys.appConfirmation);
    await this.#expect('loggedIn');
    const decoder = new EncryptedFrameDecoder(keys.device);
    let counter = 0;
    return async (device, register, byteCount) => {
      const request = readRequest(device, register, byteCount);
      const frame = sealFrame(keys.app, counter++, request, this.#random(PADDING_BYTES));
      for (const piece of chunk(frame)) await this.#scooter.write('uart', piece);
      for (;;) {
        const [reply] = decoder.push(await this.#scooter.next('uart'));
        if (reply instanceof Error) throw reply;
        if (reply) return reply.message.data;
      }
    };
  }

  async #sendCommand(opcode: UpnpOpcode): Promise<void> {
    await this.#scooter.write('upnp', encodeUpnp(opcode));
  }

  async #expect(result: UpnpOpcode): Promise<void> {
    const opcode = decodeUpnp(await this.#scooter.next('upnp'));
    if (opcode !== result)
      throw new Error(`the scooter answered ${opcode ?? 'an unknown opcode'}, expected ${result}`);
  }

  async #send(type: ParcelType, payload: Buffer): Promise<void> {
    const sender = new ParcelSender(type, payload);
    await this.#scooter.write('avdtp', sender.start());
    await this.#finish(sender);
  }

  async #finish(sender: ParcelSender): Promise<void> {
    while (!sender.done) await this.#writeAll(sender.onFrame(decodeAvdtp(await this.#scooter.next('avdtp'))));
  }

  async #receive(type: ParcelType): Promise<Buffer> {
    const receiver = new ParcelReceiver(type);
    for (;;) {
      const { replies, payload, failure } = receiver.onFrame(decodeAvdtp(await this.#scooter.next('avdtp')));
      await this.#writeAll(replies);
      if (failure) throw failure;
      if (payload) return payload;
    }
  }

  async #writeAll(frames: readonly Buffer[]): Promise<void> {
    for (const frame of frames) await this.#scooter.write('avdtp', frame);
  }
}
