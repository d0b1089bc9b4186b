import { EncryptedFrameDecoder, PADDING_BYTES, sealFrame } from '../../../protocol/encrypted-frame.ts';
import { ProtocolError } from '../../../protocol/errors.ts';
import { chunk } from '../../../protocol/gatt.ts';
import { FrameCipher } from '../../../protocol/frame-cipher.ts';
import type { LoginKeys } from '../../../protocol/keys.ts';
import type { RegisterMessage } from '../../../protocol/message.ts';
import { encodePlainFrame, PlainFrameDecoder } from '../../../protocol/plain-frame.ts';
import { encodeXorFrame, XorFrameDecoder } from '../../../protocol/xor-frame.ts';
import { XOR_KEY_BYTES } from '../../../protocol/xor-keystream.ts';
import type { Link } from '../../ble/central.ts';
import { EncryptedCodec, type FrameCodec, PlainCodec, XorCodec } from '../frame-codec.ts';
import { Session, type SessionOptions } from '../session.ts';

const cipherOf = (fill: number): FrameCipher =>
  new FrameCipher(Buffer.alloc(16, fill), Buffer.alloc(4, fill));

const KEYS: LoginKeys = {
  app: cipherOf(1),
  device: cipherOf(2),
  appConfirmation: Buffer.alloc(32),
  deviceConfirmation: Buffer.alloc(32),
};

/** Keystream of XORed frames, long enough for the longest read. */
export const KEYSTREAM = Buffer.from(Array.from({ length: 64 }, (_, index) => (0x9e * index + 0x37) & 0xff));

/** The client's codec, and the scooter's side of it. */
interface Framing {
  readonly codec: () => FrameCodec;
  /** Decodes the client's bytes as the scooter does. */
  readonly decode: (bytes: Buffer) => (RegisterMessage | ProtocolError)[];
  readonly frame: (reply: RegisterMessage) => Buffer;
}

/** Framings by name; `encrypted` records the counters of the client's frames. */
export const FRAMINGS = {
  encrypted: (counters: number[]): Framing => {
    const decoder = new EncryptedFrameDecoder(KEYS.app);
    let counter = 1;
    return {
      codec: () => new EncryptedCodec(KEYS, (count) => Buffer.alloc(count)),
      decode: (bytes) =>
        decoder.push(bytes).map((opened) => {
          if (opened instanceof ProtocolError) return opened;
          counters.push(opened.counter);
          return opened.message;
        }),
      frame: (reply) => sealFrame(KEYS.device, counter++, reply, Buffer.alloc(PADDING_BYTES)),
    };
  },
  plain: (): Framing => {
    const decoder = new PlainFrameDecoder();
    return {
      codec: () => new PlainCodec(),
      decode: (bytes) => decoder.push(bytes),
      frame: encodePlainFrame,
    };
  },
  xor: (): Framing => xorFraming(KEYSTREAM),
  /** The client knows only the beginning of the keystream. */
  shortXor: (): Framing => xorFraming(KEYSTREAM.subarray(0, XOR_KEY_BYTES)),
} as const;

/** @param keystream what the client knows of the keystream. */
function xorFraming(keystream: Buffer): Framing {
  const decoder = new XorFrameDecoder(KEYSTREAM);
  return {
    codec: () => new XorCodec(keystream),
    decode: (bytes) => decoder.push(bytes),
    frame: (reply) => encodeXorFrame(KEYSTREAM, reply, Buffer.alloc(PADDING_BYTES, 9)),
  };
}

export const REQUEST_TIMEOUT_MS = 1_500;
export const TOTAL_TIMEOUT_MS = 6_500;

/** A session on a link without a radio; the test plays the scooter. */
export class SessionFixture {
  /** Requests received, oldest first, and the counters of their frames. */
  readonly requests: RegisterMessage[] = [];
  readonly counters: number[] = [];
  readonly ended = new AbortController();
  readonly stop = new AbortController();
  /** If set, the scooter counts writes but decodes nothing. */
  isUnresponsive = false;
  numberOfWrites = 0;
  /** Value of every characteristic that is read. */
  value: Buffer = Buffer.alloc(0);
  /** If set, each write throws it. */
  writeError: Error | undefined;
  /** Called with each request. */
  onRequest: (request: RegisterMessage) => void = () => undefined;
  readonly #subscribers = new Set<(bytes: Buffer) => void>();
  readonly #framing: Framing;

  constructor(framing: keyof typeof FRAMINGS = 'encrypted') {
    this.#framing = FRAMINGS[framing](this.counters);
  }

  get subscribers(): number {
    return this.#subscribers.size;
  }

  openSession(timeouts: Partial<SessionOptions> = {}): Promise<Session> {
    return Session.open(this.link(), this.#framing.codec(), {
      requestTimeoutMs: REQUEST_TIMEOUT_MS,
      totalTimeoutMs: TOTAL_TIMEOUT_MS,
      ...timeouts,
      signal: this.stop.signal,
    });
  }

  /** Sends a reply the given number of times; returns its frame, to be sent again. */
  reply(message: RegisterMessage, times = 1): Buffer {
    const frame = this.#framing.frame(message);
    for (let time = 0; time < times; time++) this.send(frame);
    return frame;
  }

  /** Returns the notifications that make up a reply. */
  chunksOf(message: RegisterMessage): readonly Buffer[] {
    return chunk(this.#framing.frame(message));
  }

  /** Sends a frame in chunks of one notification each. */
  send(frame: Buffer): void {
    for (const piece of chunk(frame)) this.notify(piece);
  }

  notify(bytes: Buffer): void {
    for (const onData of this.#subscribers) onData(bytes);
  }

  /** A link to the scooter that the test plays. */
  link(): Link {
    return {
      ended: this.ended.signal,
      has: () => true,
      subscribe: (_uuid, onData) => {
        this.#subscribers.add(onData);
        return Promise.resolve(() => this.#subscribers.delete(onData));
      },
      read: () => Promise.resolve(this.value),
      write: (_uuid, bytes) => this.#receive(bytes),
      close: () => Promise.resolve(),
    };
  }

  #receive(bytes: Buffer): void {
    this.numberOfWrites += 1;
    if (this.writeError) throw this.writeError;
    if (this.isUnresponsive) return;
    for (const request of this.#framing.decode(bytes)) {
      if (request instanceof ProtocolError) throw request;
      this.requests.push(request);
      this.onRequest(request);
    }
  }
}
