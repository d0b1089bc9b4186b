import { encodeDeviceInfo } from '../../protocol/device-info.ts';
import { PRIVATE_KEY_BYTES, createKeyPair, deriveRegistration, openDid } from '../../protocol/keys.ts';
import { type Procedure, awaitConsent, awaitOpcode, receive, send } from './procedure.ts';

/** What every scooter seen says in front of its device id. */
const INFO_HEADER = { version: 1, flags: 0 } as const;

/** Draws this many random bytes. */
export type RandomBytes = (count: number) => Buffer;

/** What a registration leaves in the scooter. */
export interface Binding {
  /** 12 bytes: the one token that logs in from now on. */
  readonly token: Buffer;
  /** 20 bytes: the scooter's own id, or the one that the app gave it. */
  readonly did: Buffer;
}

/** Tells the app who this is: the first thing that it asks. A scooter without an id was never bound. */
export function* sendDeviceInfo(did: Buffer | undefined): Procedure<void> {
  yield* send('passThrough', encodeDeviceInfo(did ? { ...INFO_HEADER, did } : INFO_HEADER));
}

/**
 * The scooter's side of a registration, from the app's start to its confirmation (MiAuth SDK, without certificates).
 * Throws a ProtocolError for a public key that is none, and for a device id that was sealed with another key.
 */
export function* registration(random: RandomBytes): Procedure<Binding> {
  yield* awaitConsent();
  const appPublicKey = yield* receive('publicKey');
  const { privateKey, publicKey } = createKeyPair(random(PRIVATE_KEY_BYTES));
  const { token, didKey } = deriveRegistration(privateKey, appPublicKey);
  yield* send('publicKey', publicKey);
  const sealedDid = yield* receive('passThrough');
  yield* awaitOpcode('registerConfirm');
  return { token, did: openDid(didKey, sealedDid) };
}
