import {
  DID_BYTES,
  deriveRegistration,
  createKeyPair,
  PRIVATE_KEY_BYTES,
  sealDid,
} from '../../protocol/keys.ts';
import { didFromText, parseDeviceInfo } from '../../protocol/device-info.ts';
import { ProtocolError } from '../../protocol/errors.ts';
import type { Central, Link, LinkParameters } from '../ble/central.ts';
import { ClientError } from '../errors.ts';
import { pause } from '../wait.ts';
import { AuthChannel, ScooterResult, type AuthOptions } from './auth-channel.ts';

/** How long the scooter may withhold READY: it does so until its power button is pressed. */
const READY_TIMEOUT_MS = 3_000;
/** After the beep the power button counts for about this long. */
const BUTTON_WINDOW_MS = 5_000;
/** Each attempt is one beep. */
const ATTEMPTS = 5;
const INVENTED_DID_DIGITS = 13;

/** What a person hears and has to do while pairing. */
export interface PairingDialogue {
  connecting(): void;
  /** The scooter has beeped: its power button counts for `windowMs` from now. */
  pressButton(windowMs: number, attempt: number, attempts: number): void;
}

export interface PairingOptions extends AuthOptions {
  readonly parameters: LinkParameters;
  readonly connectTimeoutMs: number;
  readonly randomBytes: (count: number) => Buffer;
  readonly dialogue: PairingDialogue;
}

/**
 * Pairs with a scooter that the central knows, and returns the new token; every earlier token is worthless from then
 * on. The scooter consents only after its power button was pressed: it beeps when a first attempt hangs up, and takes
 * a press within five seconds as consent to the next one.
 * @throws ClientError `button_not_pressed` after five beeps in vain, `peer` when the scooter refuses.
 */
export async function pair(central: Central, address: string, options: PairingOptions): Promise<Buffer> {
  const { parameters, connectTimeoutMs, signal, dialogue } = options;
  for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
    dialogue.connecting();
    const link = await central.connect(address, { parameters, timeoutMs: connectTimeoutMs, signal });
    try {
      const token = await register(link, options);
      if (token) return token;
    } finally {
      await link.close();
    }
    dialogue.pressButton(BUTTON_WINDOW_MS, attempt, ATTEMPTS);
    await pause(BUTTON_WINDOW_MS, signal);
  }
  throw new ClientError(
    'button_not_pressed',
    `The scooter beeped ${ATTEMPTS} times and its power button was not pressed. ` +
      'Try again, and press the button once, shortly, within five seconds of a beep.',
  );
}

/** One registration; undefined where the scooter waits for its button. */
async function register(link: Link, options: PairingOptions): Promise<Buffer | undefined> {
  const channel = await AuthChannel.open(link, options);
  try {
    channel.command('deviceInfo');
    const { did } = parseDeviceInfo(await channel.receive('passThrough'));
    const pair = drawKeyPair(options.randomBytes);
    channel.command('registerStart');
    if (!(await consented(channel, pair.publicKey))) return undefined;
    const { token, didKey } = deriveRegistration(pair.privateKey, await channel.receive('publicKey'));
    await channel.send('passThrough', sealDid(didKey, did ?? inventDid(options.randomBytes)));
    channel.command('registerConfirm');
    const result = await channel.result();
    if (result !== 'registered') throw new ScooterResult(result);
    return token;
  } catch (error) {
    if (!(error instanceof ScooterResult)) throw error;
    throw new ClientError('peer', `The scooter refused to be paired: ${error.opcode}`, { cause: error });
  } finally {
    channel.close();
  }
}

/** Sends our public key; false if the scooter does not want it yet. */
async function consented(channel: AuthChannel, publicKey: Buffer): Promise<boolean> {
  try {
    await channel.send('publicKey', publicKey, READY_TIMEOUT_MS);
    return true;
  } catch (error) {
    if (error instanceof ClientError && error.code === 'timeout') return false;
    throw error;
  }
}

/** Not every 32 bytes are a scalar of P-256, though all but one in 2^32 are. */
function drawKeyPair(randomBytes: (count: number) => Buffer): ReturnType<typeof createKeyPair> {
  for (;;) {
    try {
      return createKeyPair(randomBytes(PRIVATE_KEY_BYTES));
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
    }
  }
}

/** A scooter that was never bound has no device id: the app gives it one that looks like the factory's. */
function inventDid(randomBytes: (count: number) => Buffer): Buffer {
  return didFromText(`blt.4.${randomBytes(DID_BYTES).toString('hex').slice(0, INVENTED_DID_DIGITS)}`);
}
