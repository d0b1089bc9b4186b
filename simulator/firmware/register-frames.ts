import {
  EncryptedFrameDecoder,
  MAX_COUNTER,
  PADDING_BYTES,
  sealFrame,
} from '../../protocol/encrypted-frame.ts';
import { ProtocolError, withoutErrors } from '../../protocol/errors.ts';
import type { LoginKeys } from '../../protocol/keys.ts';
import type { RegisterMessage } from '../../protocol/message.ts';
import { encodePlainFrame, PlainFrameDecoder } from '../../protocol/plain-frame.ts';
import { encodeXorFrame, XOR_PADDING_BYTES, XorFrameDecoder } from '../../protocol/xor-frame.ts';
import { StandardCipher } from './standard-cipher.ts';
import type { RandomBytes } from './registration.ts';

/** Frame codec of the scooter's UART service. */
export interface RegisterFrames {
  /** Returns the requests that `bytes` completes. */
  decode(bytes: Buffer): RegisterMessage[];
  /** Encodes the reply to a decoded request; undefined if no more replies are allowed. */
  encode(reply: RegisterMessage, request: RegisterMessage): Buffer | undefined;
  /** Discards a partial frame. */
  reset(): void;
}

/** Counter of the first reply, in captures of several scooters. */
const FIRST_COUNTER = 1;

/**
 * Encrypted frames of one login. Like real scooters, it accepts a constant counter of the app, which a client was seen to
 * send for hours; that it ignores a frame whose counter goes back, as a replayed one may have, is assumed. Once its own
 * counter is exhausted it stops replying, because a nonce must not repeat.
 */
export class EncryptedFrames implements RegisterFrames {
  readonly #cipher: StandardCipher;
  readonly #random: RandomBytes;
  readonly #decoder: EncryptedFrameDecoder;
  #counter = FIRST_COUNTER;
  /** Highest counter of the app. */
  #received = 0;

  constructor(keys: LoginKeys, random: RandomBytes) {
    this.#cipher = new StandardCipher(keys.device);
    this.#random = random;
    this.#decoder = new EncryptedFrameDecoder(new StandardCipher(keys.app));
  }

  decode(bytes: Buffer): RegisterMessage[] {
    const requests: RegisterMessage[] = [];
    for (const opened of this.#decoder.push(bytes)) {
      if (opened instanceof ProtocolError || opened.counter < this.#received) continue;
      this.#received = opened.counter;
      requests.push(opened.message);
    }
    return requests;
  }

  encode(reply: RegisterMessage): Buffer | undefined {
    if (this.#counter > MAX_COUNTER) return undefined;
    return sealFrame(this.#cipher, this.#counter++, reply, this.#random(PADDING_BYTES));
  }

  reset(): void {
    this.#decoder.reset();
  }
}

/** Plain frames of scooters without encryption. */
export class PlainFrames implements RegisterFrames {
  readonly #decoder = new PlainFrameDecoder();

  decode(bytes: Buffer): RegisterMessage[] {
    return withoutErrors(this.#decoder.push(bytes));
  }

  encode(reply: RegisterMessage): Buffer {
    return encodePlainFrame(reply);
  }

  reset(): void {
    this.#decoder.reset();
  }
}

/** XORed frames of scooters with a static keystream. Clients ignore the padding of replies, so it is random. */
export class XorFrames implements RegisterFrames {
  readonly #keystream: Buffer;
  readonly #random: RandomBytes;
  readonly #decoder: XorFrameDecoder;

  /** @param keystream long enough for every request and reply. */
  constructor(keystream: Buffer, random: RandomBytes) {
    this.#keystream = keystream;
    this.#random = random;
    this.#decoder = new XorFrameDecoder(keystream);
  }

  decode(bytes: Buffer): RegisterMessage[] {
    return withoutErrors(this.#decoder.push(bytes));
  }

  encode(reply: RegisterMessage): Buffer {
    return encodeXorFrame(this.#keystream, reply, this.#random(XOR_PADDING_BYTES));
  }

  reset(): void {
    this.#decoder.reset();
  }
}

/** Frames of a scooter that also answers some plain requests, in plain frames. */
export class WithPlainAnswers implements RegisterFrames {
  readonly #frames: RegisterFrames;
  readonly #answersPlain: (request: RegisterMessage) => boolean;
  readonly #plainFrames = new PlainFrames();
  readonly #plainRequests = new WeakSet<RegisterMessage>();

  constructor(frames: RegisterFrames, answersPlain: (request: RegisterMessage) => boolean) {
    this.#frames = frames;
    this.#answersPlain = answersPlain;
  }

  decode(bytes: Buffer): RegisterMessage[] {
    const plain = this.#plainFrames.decode(bytes).filter(this.#answersPlain);
    for (const request of plain) this.#plainRequests.add(request);
    return [...this.#frames.decode(bytes), ...plain];
  }

  encode(reply: RegisterMessage, request: RegisterMessage): Buffer | undefined {
    return this.#plainRequests.has(request)
      ? this.#plainFrames.encode(reply)
      : this.#frames.encode(reply, request);
  }

  reset(): void {
    this.#frames.reset();
    this.#plainFrames.reset();
  }
}
