import {
  EncryptedFrameDecoder,
  type FrameCipher,
  PADDING_BYTES,
  sealFrame,
} from '../../../protocol/encrypted-frame.ts';
import { ProtocolError } from '../../../protocol/errors.ts';
import { chunk } from '../../../protocol/gatt.ts';
import type { LoginKeys } from '../../../protocol/keys.ts';
import type { RegisterMessage } from '../../../protocol/message.ts';
import type { Link } from '../../ble/central.ts';
import { Session, type SessionOptions } from '../session.ts';

const cipherOf = (fill: number): FrameCipher => ({ key: Buffer.alloc(16, fill), iv: Buffer.alloc(4, fill) });

const KEYS: LoginKeys = {
  app: cipherOf(1),
  device: cipherOf(2),
  appConfirmation: Buffer.alloc(32),
  deviceConfirmation: Buffer.alloc(32),
};

export const REQUEST_TIMEOUT_MS = 1_500;
export const TOTAL_TIMEOUT_MS = 6_500;

/** A session on a link without a radio, and the scooter's end of it in the hands of a test. */
export class SessionBench {
  /** What the app asked, oldest first, and with which counters. */
  readonly asked: RegisterMessage[] = [];
  readonly counters: number[] = [];
  readonly ended = new AbortController();
  readonly stop = new AbortController();
  /** Whether the scooter only counts what is written. */
  isDeaf = false;
  writes = 0;
  /** Called with each request. */
  onRequest: (request: RegisterMessage) => void = () => undefined;
  readonly #subscribers = new Set<(bytes: Buffer) => void>();
  readonly #decoder = new EncryptedFrameDecoder(KEYS.app);
  #counter = 1;

  get subscribers(): number {
    return this.#subscribers.size;
  }

  openSession(timeouts: Partial<SessionOptions> = {}): Promise<Session> {
    return Session.open(this.#link(), KEYS, {
      requestTimeoutMs: REQUEST_TIMEOUT_MS,
      totalTimeoutMs: TOTAL_TIMEOUT_MS,
      ...timeouts,
      randomBytes: (count) => Buffer.alloc(count),
      signal: this.stop.signal,
    });
  }

  /** Sends a reply, so many times over. */
  reply(message: RegisterMessage, times = 1): void {
    const frame = sealFrame(KEYS.device, this.#counter++, message, Buffer.alloc(PADDING_BYTES));
    for (let time = 0; time < times; time++) chunk(frame).forEach((piece) => this.notify(piece));
  }

  notify(bytes: Buffer): void {
    for (const onData of this.#subscribers) onData(bytes);
  }

  #link(): Link {
    return {
      ended: this.ended.signal,
      has: () => true,
      subscribe: (_uuid, onData) => {
        this.#subscribers.add(onData);
        return Promise.resolve(() => this.#subscribers.delete(onData));
      },
      write: (_uuid, bytes) => this.#hear(bytes),
      close: () => Promise.resolve(),
    };
  }

  #hear(bytes: Buffer): void {
    this.writes += 1;
    if (this.isDeaf) return;
    for (const opened of this.#decoder.push(bytes)) {
      if (opened instanceof ProtocolError) throw opened;
      this.asked.push(opened.message);
      this.counters.push(opened.counter);
      this.onRequest(opened.message);
    }
  }
}
