import { ProtocolError } from '../../protocol/errors.ts';
import { LOGIN_RANDOM_BYTES, type LoginKeys, deriveLogin, equalInConstantTime } from '../../protocol/keys.ts';
import { type Procedure, receive, send } from './procedure.ts';
import type { RandomBytes } from './registration.ts';

/**
 * The scooter's side of a login, from the app's start on: both prove that they hold `token`, the scooter first.
 * Throws a ProtocolError where the app cannot.
 */
export function* login(token: Buffer, random: RandomBytes): Procedure<LoginKeys> {
  const appRandom = yield* receive('appRandom');
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
