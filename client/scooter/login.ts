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

/** Maximum number of login attempts on one link. */
const MAX_LOGIN_ATTEMPTS = 3;

/**
 * Reaction to each result of a login: `refuse` the token permanently, `retry` on this link, or `relink` because the scooter
 * considers this link logged in, with keys that only a new link discards.
 */
const RESULT_ACTIONS: Partial<Record<UpnpOpcode, 'refuse' | 'retry' | 'relink'>> = {
  wrongToken: 'refuse',
  notRegistered: 'refuse',
  invalidOutOfBand: 'refuse',
  // Final only as long as the scooter has not proved that it holds our token.
  loginFailed: 'retry',
  repeatedLogin: 'relink',
  // Not valid before both sides have proved that they hold the token.
  loggedIn: 'relink',
};
const EXPECTED_RESULTS = Object.keys(RESULT_ACTIONS) as UpnpOpcode[];

/**
 * Logs in by mutual proof of the token; the session keys are valid for this link only.
 * @throws ClientError `token_refused` if the scooter holds another token, `peer` if a new link may succeed; and what
 *   ends the link.
 */
export async function login(link: Link, options: LoginOptions): Promise<LoginKeys> {
  const channel = await AuthChannel.open(link, EXPECTED_RESULTS, options);
  const proof = { isVerified: false };
  try {
    return await withRetries((attempts) => exchange(channel, options, proof, attempts));
  } catch (error) {
    if (!(error instanceof UnexpectedResult)) throw error;
    const action = RESULT_ACTIONS[error.opcode];
    // A scooter that has proved that it holds our token does not refuse it: its own procedure has failed or timed out.
    if (action === 'relink' || (action === 'retry' && proof.isVerified))
      throw new ClientError('peer', error.message, { cause: error });
    throw tokenRefused(REFUSALS[error.opcode] ?? ANOTHER_TOKEN);
  } finally {
    channel.close();
  }
}

/** Retries a login: the scooter aborts a parcel after 1.6 s without a chunk (MiAuth SDK), long before the link is lost. */
async function withRetries<T>(run: (attempts: number) => Promise<T>): Promise<T> {
  for (let attempts = 1; ; attempts++) {
    try {
      return await run(attempts);
    } catch (error) {
      if (!isRetryable(error) || attempts === MAX_LOGIN_ATTEMPTS) throw error;
    }
  }
}

function isRetryable(error: unknown): boolean {
  if (error instanceof UnexpectedResult) return RESULT_ACTIONS[error.opcode] === 'retry';
  return error instanceof ProtocolError && error.code === 'parcel';
}

/**
 * @param proof records that the scooter has proved that it holds the token.
 * @param attempts number of this attempt on the link. A scooter ignores the start of a login while another one runs
 *   (MiAuth SDK), so that its proof may belong to an earlier attempt, with another random number of ours.
 */
async function exchange(
  channel: AuthChannel,
  { token, randomBytes }: LoginOptions,
  proof: { isVerified: boolean },
  attempts: number,
): Promise<LoginKeys> {
  const appRandom = randomBytes(LOGIN_RANDOM_BYTES);
  channel.command('loginStart');
  await channel.send('appRandom', appRandom);
  const deviceRandom = await channel.receive('deviceRandom');
  const keys = deriveLogin(token, appRandom, deviceRandom);
  const confirmation = await channel.receive('deviceConfirmation');
  if (!equalInConstantTime(confirmation, keys.deviceConfirmation)) {
    if (attempts > 1)
      throw new ClientError('peer', "The scooter's proof does not match this attempt to log in");
    throw tokenRefused(ANOTHER_TOKEN);
  }
  proof.isVerified = true;
  await channel.send('appConfirmation', keys.appConfirmation);
  const result = await channel.result();
  if (result !== 'loggedIn') throw new UnexpectedResult(result);
  return keys;
}

/** Reasons of a refusal, and what to do. */
const ANOTHER_TOKEN =
  'it holds another one, because it has been paired with another device since. Pair again with ' +
  '`martinete register <mac> --overwrite`';
const REFUSALS: Partial<Record<UpnpOpcode, string>> = {
  notRegistered:
    'it is not paired with any device, because it was reset or never paired. Pair it with ' +
    '`martinete register <mac> --overwrite`',
  loginFailed: 'it reports that the login failed. Pair again with `martinete register <mac> --overwrite`',
  invalidOutOfBand:
    'it requires a login with an out-of-band code (MiAuth OOB), which is not supported. Pairing again with ' +
    '`martinete register <mac> --overwrite` may help',
};

function tokenRefused(reason: string): ClientError {
  return new ClientError('token_refused', `The scooter refused the token: ${reason}`);
}
