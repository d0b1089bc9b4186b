import { ProtocolError } from '../../protocol/errors.ts';
import { deriveLogin, LOGIN_RANDOM_BYTES, equalInConstantTime, type LoginKeys } from '../../protocol/keys.ts';
import type { UpnpOpcode } from '../../protocol/upnp.ts';
import type { Link } from '../ble/central.ts';
import { ClientError } from '../errors.ts';
import { AuthChannel, UnexpectedResult, type AuthOptions } from './auth-channel.ts';

export interface LoginOptions extends AuthOptions {
  readonly token: Buffer;
  readonly randomBytes: (count: number) => Buffer;
}

/** How often a login is begun on one link. */
const MAX_LOGIN_ATTEMPTS = 3;

/**
 * What the scooter's answers mean for a login: the token will never do; another try may do; or, for the scooter, the
 * link is logged in already, under keys that only another link leaves behind.
 */
const RESULT_ACTIONS: Partial<Record<UpnpOpcode, 'refused' | 'again' | 'relink'>> = {
  wrongToken: 'refused',
  notRegistered: 'refused',
  invalidOutOfBand: 'refused',
  // Before that it has proved that it holds our token.
  loginFailed: 'again',
  repeatedLogin: 'relink',
  // Without the proofs of both sides it is worth nothing.
  loggedIn: 'relink',
};
const EXPECTED_RESULTS = Object.keys(RESULT_ACTIONS) as UpnpOpcode[];

/**
 * Proves to the scooter that we hold its token, and has it prove the same. The keys are good for this link only.
 * @throws ClientError `token_refused` when the scooter and we do not share the token, `peer` where another link may do;
 *   what else ends a link.
 */
export async function login(link: Link, options: LoginOptions): Promise<LoginKeys> {
  const channel = await AuthChannel.open(link, EXPECTED_RESULTS, options);
  try {
    return await withRetries(() => exchange(channel, options));
  } catch (error) {
    if (!(error instanceof UnexpectedResult)) throw error;
    if (RESULT_ACTIONS[error.opcode] === 'relink')
      throw new ClientError('peer', error.message, { cause: error });
    throw tokenRefused(error.opcode);
  } finally {
    channel.close();
  }
}

/** A scooter gives a parcel up after 1.6 s without a chunk (MiAuth SDK), sooner than a silent radio costs the link. */
async function withRetries<T>(run: () => Promise<T>): Promise<T> {
  for (let attempts = 1; ; attempts++) {
    try {
      return await run();
    } catch (error) {
      if (!isRetryable(error) || attempts === MAX_LOGIN_ATTEMPTS) throw error;
    }
  }
}

function isRetryable(error: unknown): boolean {
  if (error instanceof UnexpectedResult) return RESULT_ACTIONS[error.opcode] === 'again';
  return error instanceof ProtocolError && error.code === 'parcel';
}

async function exchange(channel: AuthChannel, { token, randomBytes }: LoginOptions): Promise<LoginKeys> {
  const appRandom = randomBytes(LOGIN_RANDOM_BYTES);
  channel.command('loginStart');
  await channel.send('appRandom', appRandom);
  const deviceRandom = await channel.receive('deviceRandom');
  const keys = deriveLogin(token, appRandom, deviceRandom);
  const confirmation = await channel.receive('deviceConfirmation');
  if (!equalInConstantTime(confirmation, keys.deviceConfirmation))
    throw tokenRefused('another token in the scooter');
  await channel.send('appConfirmation', keys.appConfirmation);
  const result = await channel.result();
  if (result !== 'loggedIn') throw new UnexpectedResult(result);
  return keys;
}

function tokenRefused(detail: string): ClientError {
  return new ClientError(
    'token_refused',
    `The scooter refuses our token (${detail}): it was paired with another device since. ` +
      'Pair again with `martinete register <mac>`.',
  );
}
