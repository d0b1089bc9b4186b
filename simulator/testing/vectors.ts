import login from '../../fixtures/protocol/login.json' with { type: 'json' };
import registration from '../../fixtures/protocol/registration.json' with { type: 'json' };
import type { Channel } from '../firmware/channel.ts';
import { Bench, scriptedRandom } from './bench.ts';

export const hex = (digits: string): Buffer => Buffer.from(digits, 'hex');

const [paired, other] = registration;
const [logIn, wrong] = login;
if (!paired || !other || !logIn || !wrong) throw new Error('vectors are missing');

/** Pairing of the first test vector. */
export const PAIRING = {
  appPrivateKey: hex(paired.app_private),
  appPublicKey: hex(paired.app_public),
  devicePrivateKey: hex(paired.dev_private),
  token: hex(paired.token),
  did: hex(paired.did_plaintext),
} as const;

/** Random numbers of the first test vector of a login. */
export const LOGIN = { appRandom: hex(logIn.app_rand), deviceRandom: hex(logIn.dev_rand) } as const;

/** Pairing of another phone. */
export const OTHER = { privateKey: hex(other.app_private), token: hex(wrong.token) } as const;

/** A scooter that is paired with the token of the vectors, and generates the given random bytes first. */
export function boundBench(...first: Buffer[]): Bench {
  return new Bench({ did: PAIRING.did, token: PAIRING.token, random: scriptedRandom(...first) });
}

/** Presses the button after a first attempt of an app to register. */
export function pressedBench(bench: Bench = boundBench()): Bench {
  bench.app.register(PAIRING.appPrivateKey, PAIRING.did);
  bench.reconnect();
  bench.pressButton();
  return bench;
}

/** A line of a transcript. */
export interface Line {
  readonly from: string;
  readonly characteristic: string;
  readonly bytes: string;
}

/** Writes the app's lines of a transcript, and returns them with the scooter's notifications. */
export function replay(bench: Bench, lines: readonly Line[]): Line[] {
  return lines
    .filter(({ from }) => from === 'app')
    .flatMap((line) => {
      bench.write(line.characteristic as Channel, hex(line.bytes));
      const answers = bench.takeAllNotifications().map(({ channel, bytes }) => ({
        from: 'scooter',
        characteristic: channel,
        bytes: bytes.toString('hex'),
      }));
      return [line, ...answers];
    });
}

/** Everything that the scooter has sent, as `channel bytes`. */
export function sent(bench: Bench): string[] {
  return bench.takeAllNotifications().map(({ channel, bytes }) => `${channel} ${bytes.toString('hex')}`);
}
