import {
  createCipheriv,
  createDecipheriv,
  createECDH,
  createHmac,
  hkdfSync,
  timingSafeEqual,
} from 'node:crypto';
import { ProtocolError, requireLength } from './errors.ts';
import { FrameCipher } from './frame-cipher.ts';

/** Size of the long-term key that a registration creates on both sides. */
export const TOKEN_BYTES = 12;

/** Size of a private key: a P-256 scalar, big-endian. */
export const PRIVATE_KEY_BYTES = 32;

/** Size of a transmitted public key: X and Y, big-endian, without the SEC1 prefix 04. */
export const PUBLIC_KEY_BYTES = 64;

/** Size of the random number that each side generates for a login. */
export const LOGIN_RANDOM_BYTES = 16;

const CURVE = 'prime256v1';
const UNCOMPRESSED_POINT = Buffer.of(0x04);
const HKDF_OUTPUT_BYTES = 64;

export interface KeyPair {
  /** 32 bytes. */
  privateKey: Buffer;
  /** 64 bytes. */
  publicKey: Buffer;
}

/** Computes the key pair of a 32-byte scalar. Throws `length`, or `private_key` outside 1…n−1: try another. */
export function createKeyPair(privateKey: Buffer): KeyPair {
  const publicKey = createKeyExchange(privateKey).getPublicKey().subarray(UNCOMPRESSED_POINT.length);
  return { privateKey, publicKey };
}

function createKeyExchange(privateKey: Buffer): ReturnType<typeof createECDH> {
  requireLength(privateKey, PRIVATE_KEY_BYTES, 'private key');
  const exchange = createECDH(CURVE);
  try {
    exchange.setPrivateKey(privateKey);
  } catch {
    throw new ProtocolError('private_key', 'the private key is outside the range of P-256');
  }
  return exchange;
}

/** Keys that both sides share after a registration. */
export interface RegistrationKeys {
  /** 12 bytes: long-term key from which every login derives its session keys. */
  token: Buffer;
  /** 16 bytes: key for encrypted beacons; unused. */
  bindKey: Buffer;
  /** 16 bytes: encrypts the device id at the end of the registration. */
  didKey: Buffer;
}

/** Derives the keys of a registration. Throws `public_key` if the peer's public key is not on P-256. */
export function deriveRegistration(privateKey: Buffer, peerPublicKey: Buffer): RegistrationKeys {
  requireLength(peerPublicKey, PUBLIC_KEY_BYTES, 'public key');
  const exchange = createKeyExchange(privateKey);
  let shared: Buffer;
  try {
    shared = exchange.computeSecret(Buffer.concat([UNCOMPRESSED_POINT, peerPublicKey]));
  } catch {
    throw new ProtocolError('public_key', "the peer's public key is not a point on P-256");
  }
  const output = hkdf(shared, Buffer.alloc(0), 'mible-setup-info');
  return { token: output.subarray(0, 12), bindKey: output.subarray(12, 28), didKey: output.subarray(28, 44) };
}

function hkdf(secret: Buffer, salt: Buffer, info: string): Buffer {
  return Buffer.from(hkdfSync('sha256', secret, salt, info, HKDF_OUTPUT_BYTES));
}

/** Size of a device id. */
export const DID_BYTES = 20;

const DID_TAG_BYTES = 4;
const DID_CIPHER = 'aes-128-ccm';
const DID_NONCE = Buffer.from('101112131415161718191a1b', 'hex');
const DID_AAD = Buffer.from('devID');
const DID_OPTIONS = { authTagLength: DID_TAG_BYTES };

/** Encrypts the device id for the last parcel of a registration: 20 bytes in, 24 out. */
export function sealDid(didKey: Buffer, did: Buffer): Buffer {
  requireLength(did, DID_BYTES, 'device id');
  const cipher = createCipheriv(DID_CIPHER, didKey, DID_NONCE, DID_OPTIONS);
  cipher.setAAD(DID_AAD, { plaintextLength: DID_BYTES });
  const sealed = cipher.update(did);
  cipher.final();
  return Buffer.concat([sealed, cipher.getAuthTag()]);
}

/** Decrypts the device id. Throws `length`, or `tag` if it was encrypted with another key. */
export function openDid(didKey: Buffer, sealed: Buffer): Buffer {
  requireLength(sealed, DID_BYTES + DID_TAG_BYTES, 'encrypted device id');
  const decipher = createDecipheriv(DID_CIPHER, didKey, DID_NONCE, DID_OPTIONS);
  decipher.setAuthTag(sealed.subarray(DID_BYTES));
  decipher.setAAD(DID_AAD, { plaintextLength: DID_BYTES });
  const did = decipher.update(sealed.subarray(0, DID_BYTES));
  try {
    decipher.final();
  } catch (cause) {
    throw new ProtocolError('tag', 'the device id was encrypted with another key', { cause });
  }
  return did;
}

/** Session keys of a login, and the proofs that each side holds the token. */
export interface LoginKeys {
  /** Encrypts frames from the app to the scooter. */
  app: FrameCipher;
  /** Encrypts frames from the scooter to the app. */
  device: FrameCipher;
  /** 32 bytes that only an app with the token can compute. */
  appConfirmation: Buffer;
  /** 32 bytes that only a scooter with the token can compute. */
  deviceConfirmation: Buffer;
}

/** Derives the keys of a login from the 12-byte token and both sides' 16 random bytes. Throws `length`. */
export function deriveLogin(token: Buffer, appRandom: Buffer, deviceRandom: Buffer): LoginKeys {
  requireLength(token, TOKEN_BYTES, 'token');
  requireLength(appRandom, LOGIN_RANDOM_BYTES, 'app random');
  requireLength(deviceRandom, LOGIN_RANDOM_BYTES, 'device random');
  const appFirst = Buffer.concat([appRandom, deviceRandom]);
  const deviceFirst = Buffer.concat([deviceRandom, appRandom]);
  const output = hkdf(token, appFirst, 'mible-login-info');
  const deviceKey = output.subarray(0, 16);
  const appKey = output.subarray(16, 32);
  return {
    app: new FrameCipher(appKey, output.subarray(36, 40)),
    device: new FrameCipher(deviceKey, output.subarray(32, 36)),
    appConfirmation: createHmac('sha256', appKey).update(appFirst).digest(),
    deviceConfirmation: createHmac('sha256', deviceKey).update(deviceFirst).digest(),
  };
}

/** Compares two secrets in a time that does not depend on where they differ. */
export function equalInConstantTime(a: Buffer, b: Buffer): boolean {
  return a.length === b.length && timingSafeEqual(a, b);
}
