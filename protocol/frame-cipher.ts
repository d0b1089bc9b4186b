import { Ccm, NONCE_BYTES } from './ccm.ts';

const COUNTER_OFFSET = 8;

/** Cipher of one direction of a session. */
export class FrameCipher {
  /** AES-128, 16 bytes. */
  readonly key: Buffer;
  /** Start of every nonce, 4 bytes. */
  readonly iv: Buffer;
  readonly #ccm: Ccm;
  /** The IV, four zero bytes, then the counter as a 32-bit little-endian number whose upper half is always zero. */
  readonly #nonce = Buffer.alloc(NONCE_BYTES);

  constructor(key: Buffer, iv: Buffer) {
    this.key = key;
    this.iv = iv;
    this.#ccm = new Ccm(key);
    this.#nonce.set(iv);
  }

  /** Encrypts a message and appends its tag. A counter (0…65535) must never be used twice. */
  seal(counter: number, message: Buffer): Buffer {
    return this.#ccm.seal(this.#nonceOf(counter), message);
  }

  /** Decrypts a sealed message; undefined if its tag does not match: wrong key or counter, or corrupt. */
  open(counter: number, sealed: Buffer): Buffer | undefined {
    return this.#ccm.open(this.#nonceOf(counter), sealed);
  }

  #nonceOf(counter: number): Buffer {
    this.#nonce.writeUInt16LE(counter, COUNTER_OFFSET);
    return this.#nonce;
  }
}
