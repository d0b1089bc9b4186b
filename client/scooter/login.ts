import { ProtocolError } from '../../protocol/errors.ts';
import { deriveLogin, LOGIN_RANDOM_BYTES, sameBytes, type LoginKeys } from '../../protocol/keys.ts';
import type { UpnpOpcode } from '../../protocol/upnp.ts';
import type { Link } from '../ble/central.ts';
import { ClientError } from '../errors.ts';
import { AuthChannel, ScooterResult, type AuthOptions } from './auth-channel.ts';

export interface LoginOptions extends AuthOptions {
  readonly token: Buffer;
  readonly randomBytes: (count: number) => Buffer;
}

/** How often a login is begun on one link. */
const LOGIN_TRIES = 3;

/**
 * What the scooter's answers mean for a login: the token will never do; another try may do; or, for the scooter, the
 * link is logged in already, under keys that only another link leaves behind.
 */
const MEANINGS: Partial<Record<UpnpOpcode, 'refused' | 'again' | 'relink'>> = {
  wrongToken: 'refused',
  notRegistered: 'refused',
  invalidOutOfBand: 'refused',
  // Before that it has proved that it holds our token.
  loginFailed: 'again',
  repeatedLogin: 'relink',
  // Without the proofs of both sides it is worth nothing.
  loggedIn: 'relink',
};
const HEEDED = Object.keys(MEANINGS) as UpnpOpcode[];

/**
 * Proves to the scooter that we hold its token, and has it prove the same. The keys are good for this link only.
 * @throws ClientError `token_refused` when the scooter and we do not share the token, `peer` where another link may do;
 *   what else ends a link.
 */
export async function login(link: Link, options: LoginOptions): Promise<LoginKeys> {
  const channel = await AuthChannel.open(link, HEEDED, options);
  try {
    return await persevere(() => exchange(channel, options));
  } catch (error) {
    if (!(error instanceof ScooterResult)) throw error;
    if (MEANINGS[error.opcode] === 'relink') throw new ClientError('peer', error.message, { cause: error });
    throw refused(error.opcode);
  } finally {
    channel.close();
  }
}

/** A scooter gives a parcel up after 1.6 s without a chunk (MiAuth SDK), sooner than a silent radio costs the link. */
async function persevere<T>(attempt: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries++) {
    try {
      return await attempt();
    } catch (error) {
      if (!isWorthAnother(error) || tries === LOGIN_TRIES) throw error;
    }
  }
}

function isWorthAnother(error: unknown): boolean {
  if (error instanceof ScooterResult) return MEANINGS[error.opcode] === 'again';
  return error instanceof ProtocolError && error.code === 'parcel';
}

async function exchange(channel: AuthChannel, { token, randomBytes }: LoginOptions): Promise<LoginKeys> {
  const appRandom = randomBytes(LOGIN_RANDOM_BYTES);
  channel.command('loginStart');
  await channel.send('appRandom', appRandom);
  const deviceRandom = await channel.receive('deviceRandom');
  const keys = deriveLogin(token, appRandom, deviceRandom);
  const confirmation = await channel.receive('deviceConfirmation');
  if (!sameBytes(confirmation, keys.deviceConfirmation)) throw refused('another token in the scooter');
  await channel.send('appConfirmation', keys.appConfirmation);
  const result = await channel.result();
  if (result !== 'loggedIn') throw new ScooterResult(result);
  return keys;
}

function refused(detail: string): ClientError {
  return new ClientError(
    'token_refused',
    `The scooter refuses our token (${detail}): it was paired with another device since. ` +
      'Pair again with `martinete register <mac>`.',
  );
}
