import { ProtocolError } from '../../protocol/errors.ts';
import { LOGIN_RANDOM_BYTES, type LoginKeys, deriveLogin, equalInConstantTime } from '../../protocol/keys.ts';
import { type Procedure, receive, send } from './procedure.ts';
import type { RandomBytes } from './registration.ts';

/**
 * The scooter's side of a login after the app's start opcode: both sides prove that they hold `token`, the scooter
 * first. Throws a ProtocolError if the app's proof is wrong.
 * @param staleRandom replaces the random number of the app by that of an earlier login
 */
export function* login(
  token: Buffer,
  random: RandomBytes,
  staleRandom: (sent: Buffer) => Buffer = (sent) => sent,
): Procedure<LoginKeys> {
  const appRandom = staleRandom(yield* receive('appRandom'));
  const deviceRandom = random(LOGIN_RANDOM_BYTES);
  const keys = deriveLogin(token, appRandom, deviceRandom);
  yield* send('deviceRandom', deviceRandom);
  yield* send('deviceConfirmation', keys.deviceConfirmation);
  const confirmation = yield* receive('appConfirmation');
  if (!equalInConstantTime(confirmation, keys.appConfirmation)) {
    throw new ProtocolError('tag', 'the app does not hold the token');
  }
  return keys;
}
