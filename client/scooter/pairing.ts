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
import { AuthChannel, ReadyWithheld, ScooterResult, type AuthOptions } from './auth-channel.ts';

/** How long the scooter may withhold READY: it does so until its power button is pressed. */
const READY_TIMEOUT_MS = 3_000;
/** After the beep the power button counts for about this long. */
const BUTTON_WINDOW_MS = 5_000;
/** How often a person is asked to press the button. */
const PROMPTS = 5;
const INVENTED_DID_DIGITS = 13;

/** What a person hears and has to do while pairing. */
export interface PairingDialogue {
  connecting(): void;
  /** The scooter has beeped: its power button counts for `windowMs` from now. */
  pressButton(windowMs: number, prompt: number, prompts: number): void;
  /** The radio failed; another attempt follows. */
  failed(reason: string): void;
}

/** Who keeps the token, from the moment from which it may be the only one that the scooter knows. */
export interface TokenKeeper {
  /** The scooter is about to be told to change over to this token. */
  pending(token: Buffer): void;
  /** It has. */
  confirmed(token: Buffer): void;
}

export interface PairingOptions extends AuthOptions {
  readonly parameters: LinkParameters;
  readonly connectTimeoutMs: number;
  readonly randomBytes: (count: number) => Buffer;
  readonly dialogue: PairingDialogue;
  readonly keeper: TokenKeeper;
}

/**
 * Pairs with a scooter that the central has seen; the keeper gets the new token, and every earlier one is worthless
 * from then on. The scooter consents only after its power button was pressed: it beeps when a first attempt hangs up,
 * and takes a press within five seconds as consent to the next one.
 * @throws ClientError `button_not_pressed` after five prompts in vain, `peer` when the scooter refuses.
 */
export async function pair(central: Central, address: string, options: PairingOptions): Promise<void> {
  const { dialogue, signal } = options;
  for (let prompt = 1; ; prompt++) {
    const outcome = await attempt(central, address, options);
    if (outcome === 'paired') return;
    if (prompt > PROMPTS) throw notPressed();
    if (outcome === 'waiting') dialogue.pressButton(BUTTON_WINDOW_MS, prompt, PROMPTS);
    await pause(BUTTON_WINDOW_MS, signal);
  }
}

/** Connects and tries to register: what comes of it, where the radio or the rider may do better next time. */
async function attempt(
  central: Central,
  address: string,
  options: PairingOptions,
): Promise<'paired' | 'waiting' | 'failed'> {
  const { connectTimeoutMs: timeoutMs, dialogue } = options;
  dialogue.connecting();
  try {
    const link = await central.connect(address, { ...options, timeoutMs });
    try {
      return (await register(link, options)) ? 'paired' : 'waiting';
    } finally {
      await link.close();
    }
  } catch (error) {
    if (!isPassing(error)) throw error;
    dialogue.failed(error.message);
    return 'failed';
  }
}

/** Whether the next attempt may well succeed: the radio failed, or the scooter lost patience with it. */
function isPassing(error: unknown): error is Error {
  return error instanceof ProtocolError || (error instanceof ClientError && error.retry === 'now');
}

function notPressed(): ClientError {
  return new ClientError(
    'button_not_pressed',
    `The scooter was not paired after ${PROMPTS} attempts: its power button was not pressed in time. ` +
      'Try again, and press the button once, shortly, within five seconds of a beep.',
  );
}

/** One registration; false where the scooter waits for its button. */
async function register(link: Link, options: PairingOptions): Promise<boolean> {
  const channel = await AuthChannel.open(link, options);
  try {
    channel.command('deviceInfo');
    const { did } = parseDeviceInfo(await channel.receive('passThrough'));
    const pair = drawKeyPair(options.randomBytes);
    channel.command('registerStart');
    if (!(await consented(channel, pair.publicKey))) return false;
    const { token, didKey } = deriveRegistration(pair.privateKey, await channel.receive('publicKey'));
    await channel.send('passThrough', sealDid(didKey, did ?? inventDid(options.randomBytes)));
    options.keeper.pending(token);
    channel.command('registerConfirm');
    const result = await channel.result();
    if (result !== 'registered') throw new ScooterResult(result);
    options.keeper.confirmed(token);
    return true;
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
    if (error instanceof ReadyWithheld) return false;
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
