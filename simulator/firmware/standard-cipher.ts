import { createCipheriv, createDecipheriv } from 'node:crypto';
import { FrameCipher } from '../../protocol/frame-cipher.ts';

const ALGORITHM = 'aes-128-ccm';
const TAG_BYTES = 4;
const ZEROS = Buffer.alloc(4);

/** The cipher of a session by the implementation of OpenSSL, so that an error in that of the client is found. */
export class StandardCipher extends FrameCipher {
  constructor({ key, iv }: Pick<FrameCipher, 'key' | 'iv'>) {
    super(key, iv);
  }

  override seal(counter: number, message: Buffer): Buffer {
    const cipher = createCipheriv(ALGORITHM, this.key, this.#nonce(counter), { authTagLength: TAG_BYTES });
    const sealed = cipher.update(message);
    cipher.final();
    return Buffer.concat([sealed, cipher.getAuthTag()]);
  }

  override open(counter: number, sealed: Buffer): Buffer | undefined {
    const decipher = createDecipheriv(ALGORITHM, this.key, this.#nonce(counter), {
      authTagLength: TAG_BYTES,
    });
    decipher.setAuthTag(sealed.subarray(-TAG_BYTES));
    const message = decipher.update(sealed.subarray(0, -TAG_BYTES));
    try {
      decipher.final();
      return message;
    } catch {
      return undefined;
    }
  }

  /** The initialisation vector, four zero bytes, and the counter as a 32-bit little-endian number. */
  #nonce(counter: number): Buffer {
    const bytes = Buffer.alloc(4);
    bytes.writeUInt32LE(counter);
    return Buffer.concat([this.iv, ZEROS, bytes]);
  }
}
