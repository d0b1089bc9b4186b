import { createCipheriv } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Ccm, NONCE_BYTES, TAG_BYTES } from './ccm.ts';
import { bytes } from './testing/arbitrary-messages.ts';

const messages = fc.array(fc.record({ nonce: bytes(NONCE_BYTES), message: bytes(0, 272) }), {
  minLength: 1,
  maxLength: 8,
});

/** Seals with OpenSSL. */
function reference(key: Buffer, nonce: Buffer, message: Buffer): Buffer {
  const cipher = createCipheriv('aes-128-ccm', key, nonce, { authTagLength: TAG_BYTES });
  const sealed = cipher.update(message);
  cipher.final();
  return Buffer.concat([sealed, cipher.getAuthTag()]);
}

describe('AES-128-CCM with one key for many messages', () => {
  it('is compatible with OpenSSL in both directions', () => {
    fc.assert(
      fc.property(bytes(16), messages, (key, sequence) => {
        const ccm = new Ccm(key);
        for (const { nonce, message } of sequence) {
          const sealed = reference(key, nonce, message);
          expect(ccm.seal(nonce, message)).toEqual(sealed);
          expect(ccm.open(nonce, sealed)).toEqual(message);
        }
      }),
    );
  });

  it('rejects a message with a flipped bit, and still opens the intact one', () => {
    fc.assert(
      fc.property(bytes(16), messages, fc.nat(), (key, sequence, drawn) => {
        const ccm = new Ccm(key);
        for (const { nonce, message } of sequence) {
          const sealed = ccm.seal(nonce, message);
          const bit = drawn % (8 * sealed.length);
          const corrupt = Buffer.from(sealed);
          corrupt.writeUInt8(corrupt.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3);
          expect(ccm.open(nonce, corrupt)).toBeUndefined();
          expect(ccm.open(nonce, sealed)).toEqual(message);
        }
      }),
    );
  });
});
