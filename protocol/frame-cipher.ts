import { Ccm, NONCE_BYTES } from './ccm.ts';

const COUNTER_OFFSET = 8;

/** What seals one direction of a session. */
export class FrameCipher {
  /** AES-128, 16 bytes. */
  readonly key: Buffer;
  /** What the nonces begin with, 4 bytes. */
  readonly iv: Buffer;
  readonly #ccm: Ccm;
  /** The prefix, four zero bytes, then the counter as 32 bits little-endian of which the high half stays zero. */
  readonly #nonce = Buffer.alloc(NONCE_BYTES);

  constructor(key: Buffer, iv: Buffer) {
    this.key = key;
    this.iv = iv;
    this.#ccm = new Ccm(key);
    this.#nonce.set(iv);
  }

  /** The message encrypted, and its tag. A counter (0…65535) must never be used twice. */
  seal(counter: number, message: Buffer): Buffer {
    return this.#ccm.seal(this.#nonceOf(counter), message);
  }

  /** The message in what was sealed; undefined where it was sealed with another key or counter, or is damaged. */
  open(counter: number, sealed: Buffer): Buffer | undefined {
    return this.#ccm.open(this.#nonceOf(counter), sealed);
  }

  #nonceOf(counter: number): Buffer {
    this.#nonce.writeUInt16LE(counter, COUNTER_OFFSET);
    return this.#nonce;
  }
}
