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

/** Bytes of the long-term key that a registration leaves on both sides. */
export const TOKEN_BYTES = 12;

/** Bytes of a private key: a P-256 scalar, big-endian. */
export const PRIVATE_KEY_BYTES = 32;

/** Bytes of a public key on the wire: X and Y, big-endian, without the 04 that SEC1 puts before them. */
export const PUBLIC_KEY_BYTES = 64;

/** Bytes that each side draws for a login. */
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

/** The pair of a 32-byte scalar. Throws `length`, or `private_key` for one outside 1…n−1: draw another. */
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
    throw new ProtocolError('private_key', 'the scalar is not in the range of P-256');
  }
  return exchange;
}

/** What both sides know after a registration. */
export interface RegistrationKeys {
  /** 12 bytes: the long-term key that every login starts from. */
  token: Buffer;
  /** 16 bytes: would encrypt beacons; unused. */
  bindKey: Buffer;
  /** 16 bytes: seals the DID that ends the registration. */
  didKey: Buffer;
}

/** What both sides derive from a key pair and the peer's public key. Throws `public_key` for no point of P-256. */
export function deriveRegistration(privateKey: Buffer, peerPublicKey: Buffer): RegistrationKeys {
  requireLength(peerPublicKey, PUBLIC_KEY_BYTES, 'public key');
  const exchange = createKeyExchange(privateKey);
  let shared: Buffer;
  try {
    shared = exchange.computeSecret(Buffer.concat([UNCOMPRESSED_POINT, peerPublicKey]));
  } catch {
    throw new ProtocolError('public_key', "the peer's public key is not a point of P-256");
  }
  const output = hkdf(shared, Buffer.alloc(0), 'mible-setup-info');
  return { token: output.subarray(0, 12), bindKey: output.subarray(12, 28), didKey: output.subarray(28, 44) };
}

function hkdf(secret: Buffer, salt: Buffer, info: string): Buffer {
  return Buffer.from(hkdfSync('sha256', secret, salt, info, HKDF_OUTPUT_BYTES));
}

/** Bytes of a device id. */
export const DID_BYTES = 20;

const DID_TAG_BYTES = 4;
const DID_CIPHER = 'aes-128-ccm';
const DID_NONCE = Buffer.from('101112131415161718191a1b', 'hex');
const DID_AAD = Buffer.from('devID');
const DID_OPTIONS = { authTagLength: DID_TAG_BYTES };

/** The device id sealed for the parcel that ends a registration: 20 bytes in, 24 out. */
export function sealDid(didKey: Buffer, did: Buffer): Buffer {
  requireLength(did, DID_BYTES, 'device id');
  const cipher = createCipheriv(DID_CIPHER, didKey, DID_NONCE, DID_OPTIONS);
  cipher.setAAD(DID_AAD, { plaintextLength: DID_BYTES });
  const sealed = cipher.update(did);
  cipher.final();
  return Buffer.concat([sealed, cipher.getAuthTag()]);
}

/** The device id in a sealed parcel. Throws `length`, or `tag` if another key sealed it. */
export function openDid(didKey: Buffer, sealed: Buffer): Buffer {
  requireLength(sealed, DID_BYTES + DID_TAG_BYTES, 'sealed device id');
  const decipher = createDecipheriv(DID_CIPHER, didKey, DID_NONCE, DID_OPTIONS);
  decipher.setAuthTag(sealed.subarray(DID_BYTES));
  decipher.setAAD(DID_AAD, { plaintextLength: DID_BYTES });
  const did = decipher.update(sealed.subarray(0, DID_BYTES));
  try {
    decipher.final();
  } catch (cause) {
    throw new ProtocolError('tag', 'the device id was sealed with another key', { cause });
  }
  return did;
}

/** What seals each direction of a logged-in link, and what each side proves the token with. */
export interface LoginKeys {
  /** Seals frames from the app to the scooter. */
  app: FrameCipher;
  /** Seals frames from the scooter to the app. */
  device: FrameCipher;
  /** 32 bytes that only an app with the token can know. */
  appConfirmation: Buffer;
  /** 32 bytes that only a scooter with the token can know. */
  deviceConfirmation: Buffer;
}

/** The keys of one login, from the 12-byte token and both sides' 16 random bytes. Throws `length`. */
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

/** Whether two secrets are the same, in a time that does not tell where they differ. */
export function equalInConstantTime(a: Buffer, b: Buffer): boolean {
  return a.length === b.length && timingSafeEqual(a, b);
}
