import { createCipheriv } from 'node:crypto';
import fc from 'fast-check';
import { Ccm, NONCE_BYTES, TAG_BYTES } from '../../../protocol/ccm.ts';
import {
  createKeyPair,
  deriveLogin,
  deriveRegistration,
  DID_BYTES,
  LOGIN_RANDOM_BYTES,
  openDid,
  PRIVATE_KEY_BYTES,
  PUBLIC_KEY_BYTES,
  sealDid,
  TOKEN_BYTES,
} from '../../../protocol/keys.ts';
import { bytes } from '../../../protocol/testing/arbitrary-messages.ts';
import {
  assumedKeystream,
  correctKeystream,
  PROBED_BYTES,
  XOR_KEY_BYTES,
} from '../../../protocol/xor-keystream.ts';
import { expectEqual, expectThat, inAnyMemory, outcomeOf } from '../expect.ts';
import { fuzzTarget, random, type FuzzTarget } from '../target.ts';

/** Seals with OpenSSL. */
function reference(key: Buffer, nonce: Buffer, message: Buffer): Buffer {
  const cipher = createCipheriv('aes-128-ccm', key, nonce, { authTagLength: TAG_BYTES });
  const sealed = cipher.update(message);
  cipher.final();
  return Buffer.concat([sealed, cipher.getAuthTag()]);
}

const ccm = fuzzTarget({
  name: 'ccm',
  about: 'AES-CCM for many messages of one key: as OpenSSL seals them, and none opens that was changed',
  inputs: random(
    fc.record({
      key: bytes(16),
      messages: fc.array(
        fc.record({ nonce: bytes(NONCE_BYTES), message: bytes(0, 272), bit: fc.nat(8 * 276) }),
        { minLength: 1, maxLength: 5 },
      ),
    }),
  ),
  check: ({ key, messages }) => {
    const cipher = new Ccm(key);
    for (const { nonce, message, bit } of messages) {
      const sealed = reference(key, nonce, message);
      expectEqual('seals as OpenSSL does', cipher.seal(nonce, message), sealed);
      const at = bit % (8 * sealed.length);
      const corrupt = Buffer.from(sealed);
      corrupt[at >> 3] = (corrupt[at >> 3] ?? 0) ^ (1 << (at & 7));
      expectEqual('opens what was changed', cipher.open(nonce, corrupt), undefined);
      expectEqual(
        'opens what was sealed',
        inAnyMemory(sealed, (each) => cipher.open(nonce, each)),
        message,
      );
    }
  },
  runs: 100,
});

const keystream = fuzzTarget({
  name: 'xor-keystream',
  about:
    'the keystream that a probe reveals: the right one, or an error if the block changes in what the key decodes',
  inputs: random(
    fc.record({
      key: bytes(XOR_KEY_BYTES),
      stream: bytes(PROBED_BYTES),
      contents: bytes(PROBED_BYTES - 3),
      other: bytes(0, 16),
    }),
  ),
  check: ({ key, stream, contents, other }) => {
    const real = Buffer.concat([key, stream.subarray(XOR_KEY_BYTES)]);
    const assumed = assumedKeystream(key);
    const decoded = Buffer.from(
      contents.map((byte, at) => byte ^ (real[3 + at] ?? 0) ^ (assumed[3 + at] ?? 0)),
    );
    expectEqual('is the right one', correctKeystream(assumed, decoded, contents), real);
    const changed = Buffer.from(contents);
    changed[0] = (changed[0] ?? 0) ^ 1;
    expectEqual(
      'of a block that changes',
      outcomeOf(() => correctKeystream(assumed, decoded, changed)),
      'keystream',
    );
    const outcome = outcomeOf(() => assumedKeystream(other));
    if (other.length !== XOR_KEY_BYTES) expectEqual('of a wrong size', outcome, 'length');
  },
  runs: 200,
});

/** Sizes around the right one. */
const around = (length: number): fc.Arbitrary<Buffer> =>
  fc.oneof({ weight: 3, arbitrary: bytes(length) }, bytes(0, length + 2));

const login = fuzzTarget({
  name: 'login-keys',
  about:
    'the keys of a login: the same on both sides, others for any other secret, and an error for a wrong size',
  inputs: random(
    fc.record({
      token: around(TOKEN_BYTES),
      appRandom: around(LOGIN_RANDOM_BYTES),
      deviceRandom: around(LOGIN_RANDOM_BYTES),
      bit: fc.nat(8 * TOKEN_BYTES - 1),
    }),
  ),
  check: ({ token, appRandom, deviceRandom, bit }) => {
    const keys = outcomeOf(() => deriveLogin(token, appRandom, deviceRandom));
    const isValid =
      token.length === TOKEN_BYTES &&
      appRandom.length === LOGIN_RANDOM_BYTES &&
      deviceRandom.length === LOGIN_RANDOM_BYTES;
    if (typeof keys === 'string') {
      expectEqual('refuses', [keys, isValid], ['length', false]);
      return;
    }
    const other = Buffer.from(token);
    other[bit >> 3] = (other[bit >> 3] ?? 0) ^ (1 << (bit & 7));
    const wrong = deriveLogin(other, appRandom, deviceRandom);
    expectThat(!wrong.appConfirmation.equals(keys.appConfirmation), 'the same proof of another token');
    expectThat(!wrong.app.key.equals(keys.app.key), 'the same key of another token');
    expectThat(!keys.appConfirmation.equals(keys.deviceConfirmation), 'one proof for both sides');
    expectThat(!keys.app.key.equals(keys.device.key), 'one key for both directions');
  },
  runs: 150,
});

const registration = fuzzTarget({
  name: 'registration-keys',
  about:
    'a registration with any public key and any encrypted id: the same keys on both sides, or a typed error',
  inputs: random(
    fc.record({
      own: bytes(PRIVATE_KEY_BYTES),
      peer: bytes(PRIVATE_KEY_BYTES),
      publicKey: around(PUBLIC_KEY_BYTES),
      key: bytes(16),
      did: bytes(DID_BYTES),
      sealed: around(DID_BYTES + 4),
    }),
  ),
  check: ({ own, peer, publicKey, key, did, sealed }) => {
    const [ours, theirs] = [own, peer].map((secret) => outcomeOf(() => createKeyPair(secret)));
    if (typeof ours === 'object' && typeof theirs === 'object') {
      expectEqual(
        'are the same on both sides',
        deriveRegistration(own, theirs.publicKey),
        deriveRegistration(peer, ours.publicKey),
      );
      const derived = outcomeOf(() => deriveRegistration(own, publicKey));
      const expected = publicKey.length === PUBLIC_KEY_BYTES ? 'public_key' : 'length';
      if (typeof derived === 'string') expectEqual('of an invalid point', derived, expected);
    } else expectThat([ours, theirs].includes('private_key'), 'refuses a private key in range');
    expectEqual('opens the id', openDid(key, sealDid(key, did)), did);
    const opened = outcomeOf(() => inAnyMemory(sealed, (each) => openDid(key, each)));
    expectEqual('of a stranger', opened, sealed.length === DID_BYTES + 4 ? 'tag' : 'length');
  },
  runs: 60,
});

/** What encrypts and proves. */
export const CIPHER_TARGETS: readonly FuzzTarget[] = [ccm, keystream, login, registration];
