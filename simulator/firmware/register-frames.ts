import {
  EncryptedFrameDecoder,
  MAX_COUNTER,
  PADDING_BYTES,
  sealFrame,
} from '../../protocol/encrypted-frame.ts';
import { ProtocolError } from '../../protocol/errors.ts';
import type { LoginKeys } from '../../protocol/keys.ts';
import type { RegisterMessage } from '../../protocol/message.ts';
import { encodePlainFrame, PlainFrameDecoder } from '../../protocol/plain-frame.ts';
import type { RandomBytes } from './registration.ts';

/** The scooter's end of the frames on its UART. */
export interface RegisterFrames {
  /** The requests that are complete now that `bytes` came. */
  decode(bytes: Buffer): RegisterMessage[];
  /** The frame of a reply; undefined once there are to be no more. */
  encode(reply: RegisterMessage): Buffer | undefined;
  /** Forgets a frame begun. */
  reset(): void;
}

/** The scooter's first reply carries 1, in captures of several scooters. */
const FIRST_COUNTER = 1;

/**
 * The frames of one login. As on real scooters any counter of the app will do that opens a frame, a constant one too.
 * Once its own counter is used up the scooter falls silent, for no nonce may come twice.
 */
export class EncryptedFrames implements RegisterFrames {
  readonly #keys: LoginKeys;
  readonly #random: RandomBytes;
  readonly #decoder: EncryptedFrameDecoder;
  #counter = FIRST_COUNTER;

  constructor(keys: LoginKeys, random: RandomBytes) {
    this.#keys = keys;
    this.#random = random;
    this.#decoder = new EncryptedFrameDecoder(keys.app);
  }

  decode(bytes: Buffer): RegisterMessage[] {
    const requests: RegisterMessage[] = [];
    for (const opened of this.#decoder.push(bytes)) {
      if (!(opened instanceof ProtocolError)) requests.push(opened.message);
    }
    return requests;
  }

  encode(reply: RegisterMessage): Buffer | undefined {
    if (this.#counter > MAX_COUNTER) return undefined;
    return sealFrame(this.#keys.device, this.#counter++, reply, this.#random(PADDING_BYTES));
  }

  reset(): void {
    this.#decoder.reset();
  }
}

/** The frames of a scooter from before encryption. */
export class PlainFrames implements RegisterFrames {
  readonly #decoder = new PlainFrameDecoder();

  decode(bytes: Buffer): RegisterMessage[] {
    return this.#decoder
      .push(bytes)
      .flatMap((message) => (message instanceof ProtocolError ? [] : [message]));
  }

  encode(reply: RegisterMessage): Buffer {
    return encodePlainFrame(reply);
  }

  reset(): void {
    this.#decoder.reset();
  }
}
