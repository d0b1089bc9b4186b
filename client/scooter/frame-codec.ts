import {
  EncryptedFrameDecoder,
  MAX_COUNTER,
  PADDING_BYTES,
  sealFrame,
} from '../../protocol/encrypted-frame.ts';
import { ProtocolError, withoutErrors } from '../../protocol/errors.ts';
import type { LoginKeys } from '../../protocol/keys.ts';
import { MAX_READ_BYTES, type RegisterMessage } from '../../protocol/message.ts';
import { encodePlainFrame, PlainFrameDecoder } from '../../protocol/plain-frame.ts';
import { encodeXorFrame, maxXorDataBytes, XorFrameDecoder } from '../../protocol/xor-frame.ts';

/** Encodes the requests and decodes the replies of one link. */
export interface FrameCodec {
  /** Whether no more requests may be sent on this link. */
  readonly exhausted: boolean;
  /** Maximum number of bytes of one read whose reply can be decoded. */
  readonly maxReadBytes: number;
  /** Encodes a request; a retransmission needs a frame of its own, so encode it again. */
  encode(request: RegisterMessage): Buffer;
  /** Returns the replies completed by `bytes`, without damaged and duplicate frames. */
  decode(bytes: Buffer): RegisterMessage[];
  /** Call after a request timeout: drops a partial frame once another one begins, and restarts duplicate detection. */
  reset(): void;
}

/** Number of counter values left unused, so that the client logs in again before the counter wraps. */
const COUNTER_RESERVE = 64;

/** Codec for the encrypted frames of one login. */
export class EncryptedCodec implements FrameCodec {
  readonly maxReadBytes = MAX_READ_BYTES;
  readonly #keys: LoginKeys;
  readonly #randomBytes: (count: number) => Buffer;
  readonly #decoder: EncryptedFrameDecoder;
  #counter = 0;
  #lastCounter: number | undefined;
  #isCounting = false;

  constructor(keys: LoginKeys, randomBytes: (count: number) => Buffer) {
    this.#keys = keys;
    this.#randomBytes = randomBytes;
    this.#decoder = new EncryptedFrameDecoder(keys.device);
  }

  get exhausted(): boolean {
    return this.#counter > MAX_COUNTER - COUNTER_RESERVE;
  }

  encode(request: RegisterMessage): Buffer {
    return sealFrame(this.#keys.app, this.#counter++, request, this.#randomBytes(PADDING_BYTES));
  }

  decode(bytes: Buffer): RegisterMessage[] {
    const replies: RegisterMessage[] = [];
    for (const opened of this.#decoder.push(bytes)) {
      if (!(opened instanceof ProtocolError) && this.#isNew(opened.counter)) replies.push(opened.message);
    }
    return replies;
  }

  reset(): void {
    this.#decoder.expectFrame();
    this.#lastCounter = undefined;
    this.#isCounting = false;
  }

  /**
   * Detects duplicates: once the reply counter has increased, a reply that does not increase it is a duplicate. Captures
   * show only the first reply, with counter 1, so a scooter that counts differently must cost a retransmission at most.
   */
  #isNew(counter: number): boolean {
    const isHigher = this.#lastCounter !== undefined && counter > this.#lastCounter;
    const isNew = isHigher || !this.#isCounting;
    this.#isCounting ||= isHigher;
    if (isNew) this.#lastCounter = counter;
    return isNew;
  }
}

/** Codec for the plain frames of a scooter that needs no login; they carry no counter, so duplicates go undetected. */
export class PlainCodec implements FrameCodec {
  readonly exhausted = false;
  readonly maxReadBytes = MAX_READ_BYTES;
  readonly #decoder = new PlainFrameDecoder();

  encode(request: RegisterMessage): Buffer {
    return encodePlainFrame(request);
  }

  decode(bytes: Buffer): RegisterMessage[] {
    return withoutErrors(this.#decoder.push(bytes));
  }

  reset(): void {
    this.#decoder.expectFrame();
  }
}

/** Codec for the XORed frames of a scooter that needs no login; duplicates go undetected, as in plain frames. */
export class XorCodec implements FrameCodec {
  readonly exhausted = false;
  readonly maxReadBytes: number;
  readonly #keystream: Buffer;
  readonly #decoder: XorFrameDecoder;

  /** @param knownBytes number of bytes of the keystream that are known; the rest is assumed. */
  constructor(keystream: Buffer, knownBytes = keystream.length) {
    this.#keystream = keystream;
    this.maxReadBytes = maxXorDataBytes(keystream.subarray(0, knownBytes));
    this.#decoder = new XorFrameDecoder(keystream);
  }

  encode(request: RegisterMessage): Buffer {
    return encodeXorFrame(this.#keystream, request);
  }

  decode(bytes: Buffer): RegisterMessage[] {
    return withoutErrors(this.#decoder.push(bytes));
  }

  reset(): void {
    this.#decoder.expectFrame();
  }
}
