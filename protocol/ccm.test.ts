import { createCipheriv } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Ccm, NONCE_BYTES, TAG_BYTES } from './ccm.ts';

const bytes = (minLength: number, maxLength = minLength): fc.Arbitrary<Buffer> =>
  fc.uint8Array({ minLength, maxLength }).map((drawn) => Buffer.from(drawn));
const messages = fc.array(fc.record({ nonce: bytes(NONCE_BYTES), message: bytes(0, 272) }), {
  minLength: 1,
  maxLength: 8,
});

/** As OpenSSL seals it. */
function reference(key: Buffer, nonce: Buffer, message: Buffer): Buffer {
  const cipher = createCipheriv('aes-128-ccm', key, nonce, { authTagLength: TAG_BYTES });
  const sealed = cipher.update(message);
  cipher.final();
  return Buffer.concat([sealed, cipher.getAuthTag()]);
}

describe('AES-128-CCM, message after message with one key', () => {
  it('seals as OpenSSL does, and opens what that has sealed', () => {
    fc.assert(
      fc.property(bytes(16), messages, (key, said) => {
        const ccm = new Ccm(key);
        for (const { nonce, message } of said) {
          const sealed = reference(key, nonce, message);
          expect(ccm.seal(nonce, message)).toEqual(sealed);
          expect(ccm.open(nonce, sealed)).toEqual(message);
        }
      }),
    );
  });

  it('opens nothing with a bit flipped, and everything intact after that', () => {
    fc.assert(
      fc.property(bytes(16), messages, fc.nat(), (key, said, drawn) => {
        const ccm = new Ccm(key);
        for (const { nonce, message } of said) {
          const sealed = ccm.seal(nonce, message);
          const bit = drawn % (8 * sealed.length);
          const damaged = Buffer.from(sealed);
          damaged.writeUInt8(damaged.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3);
          expect(ccm.open(nonce, damaged)).toBeUndefined();
          expect(ccm.open(nonce, sealed)).toEqual(message);
        }
      }),
    );
  });
});
