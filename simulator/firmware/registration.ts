import { encodeDeviceInfo } from '../../protocol/device-info.ts';
import { PRIVATE_KEY_BYTES, createKeyPair, deriveRegistration, openDid } from '../../protocol/keys.ts';
import { type Procedure, awaitButtonPress, awaitOpcode, receive, send } from './procedure.ts';

/** Header of the device info, the same in all captures. */
const INFO_HEADER = { version: 1, flags: 0 } as const;

/** Generates random bytes. */
export type RandomBytes = (count: number) => Buffer;

/** Result of a registration, stored by the scooter. */
export interface Binding {
  /** 12 bytes: the only valid token from now on. */
  readonly token: Buffer;
  /** 20 bytes: the scooter's id, or the one that the app assigned. */
  readonly did: Buffer;
}

/** Sends the device info, which the app requests first. It contains no id if the scooter was never bound. */
export function* sendDeviceInfo(did: Buffer | undefined): Procedure<void> {
  yield* send('passThrough', encodeDeviceInfo(did ? { ...INFO_HEADER, did } : INFO_HEADER));
}

/**
 * The scooter's side of a registration, from the app's start opcode to its confirmation (MiAuth SDK, without
 * certificates). Throws a ProtocolError for an invalid public key, or a device id encrypted with another key.
 * @param onToken is called with the token before it is valid
 */
export function* registration(
  random: RandomBytes,
  onToken: (token: Buffer) => void = () => undefined,
): Procedure<Binding> {
  yield* awaitButtonPress();
  const appPublicKey = yield* receive('publicKey');
  const { privateKey, publicKey } = createKeyPair(random(PRIVATE_KEY_BYTES));
  const { token, didKey } = deriveRegistration(privateKey, appPublicKey);
  onToken(token);
  yield* send('publicKey', publicKey);
  const sealedDid = yield* receive('passThrough');
  yield* awaitOpcode('registerConfirm');
  return { token, did: openDid(didKey, sealedDid) };
}
