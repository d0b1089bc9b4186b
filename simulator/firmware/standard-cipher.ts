import { createCipheriv, createDecipheriv, createSecretKey, type KeyObject } from 'node:crypto';
import { FrameCipher } from '../../protocol/frame-cipher.ts';

const ALGORITHM = 'aes-128-ccm';
const TAG_BYTES = 4;
const OPTIONS = { authTagLength: TAG_BYTES } as const;
const ZEROS = Buffer.alloc(4);
const COUNTER_BYTES = 4;

/** The cipher of a session by the implementation of OpenSSL, so that an error in that of the client is found. */
export class StandardCipher extends FrameCipher {
  readonly #secret: KeyObject;
  /** The initialisation vector, four zero bytes, and the counter as a 32-bit little-endian number. */
  readonly #nonce: Buffer;

  constructor({ key, iv }: Pick<FrameCipher, 'key' | 'iv'>) {
    super(key, iv);
    this.#secret = createSecretKey(key);
    this.#nonce = Buffer.concat([iv, ZEROS, Buffer.alloc(COUNTER_BYTES)]);
  }

  override seal(counter: number, message: Buffer): Buffer {
    const cipher = createCipheriv(ALGORITHM, this.#secret, this.#nonceOf(counter), OPTIONS);
    const sealed = cipher.update(message);
    cipher.final();
    return Buffer.concat([sealed, cipher.getAuthTag()]);
  }

  override open(counter: number, sealed: Buffer): Buffer | undefined {
    const decipher = createDecipheriv(ALGORITHM, this.#secret, this.#nonceOf(counter), OPTIONS);
    decipher.setAuthTag(sealed.subarray(-TAG_BYTES));
    const message = decipher.update(sealed.subarray(0, -TAG_BYTES));
    try {
      decipher.final();
      return message;
    } catch {
      return undefined;
    }
  }

  /** The nonce of a message; ciphers copy it. */
  #nonceOf(counter: number): Buffer {
    this.#nonce.writeUInt32LE(counter, this.#nonce.length - COUNTER_BYTES);
    return this.#nonce;
  }
}
