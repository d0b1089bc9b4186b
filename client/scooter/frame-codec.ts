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

/** How the requests and replies of one link are framed. */
export interface FrameCodec {
  /** Whether no more requests may be sent on this link. */
  readonly exhausted: boolean;
  /** The frame of a request; asked for again, a request gets a frame of its own. */
  encode(request: RegisterMessage): Buffer;
  /** The replies that are complete now that `bytes` came; frames that are damaged or known already are left out. */
  decode(bytes: Buffer): RegisterMessage[];
  /** A request stayed without an answer: forgets a frame begun, and doubts what told replies from their repetitions. */
  reset(): void;
}

/** Frames kept in reserve, so that a login comes before the counter wraps. */
const COUNTER_RESERVE = 64;

/** The frames of one login. */
export class EncryptedCodec implements FrameCodec {
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
    this.#decoder.reset();
    this.#lastCounter = undefined;
    this.#isCounting = false;
  }

  /**
   * Once the counter was seen to rise, a reply with which it does not rise came before. All that captures show of it is
   * the 1 of the first reply: a scooter that counts in another way costs a repetition of a request, not the link.
   */
  #isNew(counter: number): boolean {
    const isHigher = this.#lastCounter !== undefined && counter > this.#lastCounter;
    const isNew = isHigher || !this.#isCounting;
    this.#isCounting ||= isHigher;
    if (isNew) this.#lastCounter = counter;
    return isNew;
  }
}

/** The frames of a scooter that needs no login. They carry nothing that tells a reply from its repetition. */
export class PlainCodec implements FrameCodec {
  readonly exhausted = false;
  readonly #decoder = new PlainFrameDecoder();

  encode(request: RegisterMessage): Buffer {
    return encodePlainFrame(request);
  }

  decode(bytes: Buffer): RegisterMessage[] {
    return this.#decoder
      .push(bytes)
      .flatMap((message) => (message instanceof ProtocolError ? [] : [message]));
  }

  reset(): void {
    this.#decoder.reset();
  }
}
