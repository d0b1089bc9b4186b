import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import logins from '../fixtures/protocol/login.json' with { type: 'json' };
import registrations from '../fixtures/protocol/registration.json' with { type: 'json' };
import {
  createKeyPair,
  deriveLogin,
  deriveRegistration,
  openDid,
  equalInConstantTime,
  sealDid,
} from './keys.ts';

const hex = (digits: string): Buffer => Buffer.from(digits, 'hex');
const failsWith = (code: string): unknown => expect.objectContaining({ name: 'ProtocolError', code });
const bytes = (length: number): fc.Arbitrary<Buffer> =>
  fc.uint8Array({ minLength: length, maxLength: length }).map((drawn) => Buffer.from(drawn));

/** Order of P-256: the smallest number that is too large for a private key. */
const ORDER = hex('ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551');

describe('registration', () => {
  it.each(registrations)('$name: app and scooter derive the same keys', (vector) => {
    const app = createKeyPair(hex(vector.app_private));
    const scooter = createKeyPair(hex(vector.dev_private));
    const keys = { token: hex(vector.token), bindKey: hex(vector.bind_key), didKey: hex(vector.did_key) };
    expect(app.publicKey).toEqual(hex(vector.app_public));
    expect(scooter.publicKey).toEqual(hex(vector.dev_public));
    expect(deriveRegistration(app.privateKey, scooter.publicKey)).toEqual(keys);
    expect(deriveRegistration(scooter.privateKey, app.publicKey)).toEqual(keys);
  });

  it.each(registrations)('$name: the scooter can decrypt the id that the app encrypted', (vector) => {
    const sealed = hex(vector.did_ciphertext_with_tag);
    expect(sealDid(hex(vector.did_key), hex(vector.did_plaintext))).toEqual(sealed);
    expect(openDid(hex(vector.did_key), sealed)).toEqual(hex(vector.did_plaintext));
  });

  it('rejects an encrypted id with any bit flipped', () => {
    fc.assert(
      fc.property(bytes(16), bytes(20), fc.nat(24 * 8 - 1), (key, did, bit) => {
        const sealed = sealDid(key, did);
        sealed.writeUInt8(sealed.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3);
        expect(() => openDid(key, sealed)).toThrow(failsWith('tag'));
      }),
    );
  });

  it.each([0, 20, 23, 25])('rejects an encrypted id of %i bytes', (length) => {
    expect(() => openDid(Buffer.alloc(16), Buffer.alloc(length))).toThrow(failsWith('length'));
  });

  it('rejects a private key that is out of range', () => {
    for (const scalar of [Buffer.alloc(32), ORDER, Buffer.alloc(32, 0xff)]) {
      expect(() => createKeyPair(scalar)).toThrow(failsWith('private_key'));
      expect(() => deriveRegistration(scalar, Buffer.alloc(64))).toThrow(failsWith('private_key'));
    }
    const largest = Buffer.from(ORDER);
    largest.writeUInt8(largest.readUInt8(31) - 1, 31);
    expect(createKeyPair(largest).publicKey).toHaveLength(64);
  });

  it('rejects a public key that is not on the curve', () => {
    const own = hex('e1368eb030262bc18c5fcb811ed3787c1ef73baf2e272ee34e4b68657c0e394e');
    for (const point of [Buffer.alloc(64), Buffer.alloc(64, 0xff)]) {
      expect(() => deriveRegistration(own, point)).toThrow(failsWith('public_key'));
    }
    fc.assert(
      fc.property(bytes(64), (point) => {
        expect(() => deriveRegistration(own, point)).toThrow(failsWith('public_key'));
      }),
    );
    expect(() => deriveRegistration(own, Buffer.alloc(63))).toThrow(failsWith('length'));
  });
});

describe('login', () => {
  it.each(logins)('$name: derives both directions and both proofs', (vector) => {
    expect(deriveLogin(hex(vector.token), hex(vector.app_rand), hex(vector.dev_rand))).toEqual({
      app: { key: hex(vector.app_key), iv: hex(vector.app_iv) },
      device: { key: hex(vector.dev_key), iv: hex(vector.dev_iv) },
      appConfirmation: hex(vector.app_info_hmac),
      deviceConfirmation: hex(vector.dev_info_hmac),
    });
  });

  it('with another token yields other proofs', () => {
    const [right, wrong] = logins.map(({ token, app_rand, dev_rand }) =>
      deriveLogin(hex(token), hex(app_rand), hex(dev_rand)),
    );
    expect(right && wrong && equalInConstantTime(right.deviceConfirmation, wrong.deviceConfirmation)).toBe(
      false,
    );
    expect(right && wrong && equalInConstantTime(right.appConfirmation, wrong.appConfirmation)).toBe(false);
  });

  it('rejects a token or a random number of the wrong length', () => {
    const [token, random] = [Buffer.alloc(12), Buffer.alloc(16)];
    expect(() => deriveLogin(Buffer.alloc(11), random, random)).toThrow(failsWith('length'));
    expect(() => deriveLogin(token, Buffer.alloc(15), random)).toThrow(failsWith('length'));
    expect(() => deriveLogin(token, random, Buffer.alloc(17))).toThrow(failsWith('length'));
  });
});

describe('equalInConstantTime', () => {
  it('is true for equal bytes only', () => {
    expect(equalInConstantTime(Buffer.of(1, 2), Buffer.of(1, 2))).toBe(true);
    expect(equalInConstantTime(Buffer.of(1, 2), Buffer.of(1, 3))).toBe(false);
    expect(equalInConstantTime(Buffer.of(1, 2), Buffer.of(1))).toBe(false);
  });
});
