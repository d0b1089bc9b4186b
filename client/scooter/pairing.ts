import {
  DID_BYTES,
  deriveRegistration,
  createKeyPair,
  PRIVATE_KEY_BYTES,
  sealDid,
} from '../../protocol/keys.ts';
import type { Generation } from '../../protocol/advertisement.ts';
import { didFromText, parseDeviceInfo } from '../../protocol/device-info.ts';
import { ProtocolError } from '../../protocol/errors.ts';
import type { UpnpOpcode } from '../../protocol/upnp.ts';
import type { Central, Link, LinkParameters } from '../ble/central.ts';
import { ClientError } from '../errors.ts';
import { pause } from '../wait.ts';
import { AuthChannel, ReadyTimeout, UnexpectedResult, type AuthOptions } from './auth-channel.ts';
import { type AdvertisedModel, generationOf, xorNotSupported } from './generation.ts';
import { isTransient } from './transient.ts';

/** How long the scooter may withhold READY: it does so until its power button is pressed. */
const READY_TIMEOUT_MS = 3_000;
/** After the beep the power button counts for about this long. */
const BUTTON_WINDOW_MS = 5_000;
/** How often a person is asked to press the button. */
const MAX_PROMPTS = 5;
const GENERATED_DID_DIGITS = 13;

/** What a person hears and has to do while pairing. */
export interface PairingDialogue {
  connecting(): void;
  /** The scooter has beeped: its power button counts for `windowMs` from now. */
  pressButton(windowMs: number, prompt: number, prompts: number): void;
  /** The radio failed, or the scooter broke off; another attempt follows. */
  failed(reason: string): void;
}

/** Who keeps the token, from the moment from which it may be the only one that the scooter knows. */
export interface TokenStore {
  /** The scooter is about to be told to change over to this token. */
  pending(token: Buffer): void;
  /** It has. */
  confirmed(token: Buffer): void;
}

export interface PairingOptions extends AuthOptions {
  readonly advertised: AdvertisedModel;
  readonly parameters: LinkParameters;
  readonly connectTimeoutMs: number;
  readonly randomBytes: (count: number) => Buffer;
  readonly dialogue: PairingDialogue;
  readonly tokenStore: TokenStore;
}

/** `needless`: the scooter speaks plainly, and knows no tokens. */
export type PairingOutcome = 'paired' | 'needless';

/**
 * Pairs with a scooter that the central has seen; the keeper gets the new token, and every earlier one is worthless
 * from then on. The scooter consents only after its power button was pressed: it beeps when a first attempt hangs up,
 * and takes a press within five seconds as consent to the next one.
 * @throws ClientError `button_not_pressed` after five prompts in vain, `token_refused` when the scooter will not be
 *   paired, `unsupported_scooter`; or what the last attempt failed with.
 */
export async function pair(
  central: Central,
  address: string,
  options: PairingOptions,
): Promise<PairingOutcome> {
  const { dialogue, signal } = options;
  for (let prompt = 1; ; prompt++) {
    const outcome = await attemptPairing(central, address, options);
    if (outcome === 'paired' || outcome === 'needless') return outcome;
    const isNotPressed = outcome === 'waiting';
    if (prompt > MAX_PROMPTS) throw isNotPressed ? buttonNotPressed() : outcome;
    if (isNotPressed) dialogue.pressButton(BUTTON_WINDOW_MS, prompt, MAX_PROMPTS);
    else dialogue.failed(outcome.message);
    await pause(BUTTON_WINDOW_MS, signal);
  }
}

/** Connects and tries to register: what comes of it, where the radio or the rider may do better next time. */
async function attemptPairing(
  central: Central,
  address: string,
  options: PairingOptions,
): Promise<PairingOutcome | 'waiting' | ClientError> {
  const { connectTimeoutMs: timeoutMs, dialogue, advertised } = options;
  dialogue.connecting();
  try {
    const link = await central.connect(address, { ...options, timeoutMs });
    try {
      return await PAIR_PROCEDURES[generationOf(link, advertised)](link, options);
    } finally {
      await link.close();
    }
  } catch (error) {
    if (!isTransient(error)) throw error;
    return error instanceof ClientError ? error : new ClientError('peer', error.message, { cause: error });
  }
}

const PAIR_PROCEDURES: Readonly<
  Record<Generation, (link: Link, options: PairingOptions) => Promise<PairingOutcome | 'waiting'>>
> = {
  plain: () => Promise.resolve('needless'),
  xor: (_, { advertised }) => Promise.reject(xorNotSupported(advertised)),
  miauth: register,
};

function buttonNotPressed(): ClientError {
  return new ClientError(
    'button_not_pressed',
    `The scooter was not paired after ${MAX_PROMPTS} attempts: its power button was not pressed in time. ` +
      'Try again, and press the button once, shortly, within five seconds of a beep.',
  );
}

/** What the scooter's answers to a registration mean where another attempt would not change them. */
const REFUSALS: Partial<Record<UpnpOpcode, () => ClientError>> = {
  alreadyRegistered: () =>
    new ClientError(
      'token_refused',
      'The scooter is paired already, and does not let itself be paired anew: remove it in the app that it was ' +
        'paired with, or reset it, then try again.',
    ),
  invalidOutOfBand: () =>
    new ClientError(
      'unsupported_scooter',
      'The scooter wants to be paired with a code from outside (MiAuth out of band), which is not supported.',
    ),
};
const EXPECTED_RESULTS: readonly UpnpOpcode[] = [
  'registered',
  'registrationFailed',
  ...(Object.keys(REFUSALS) as UpnpOpcode[]),
];

/** One registration. */
async function register(link: Link, options: PairingOptions): Promise<'paired' | 'waiting'> {
  const channel = await AuthChannel.open(link, EXPECTED_RESULTS, options);
  try {
    channel.command('deviceInfo');
    const { did } = parseDeviceInfo(await channel.receive('passThrough'));
    const keyPair = generateKeyPair(options.randomBytes);
    channel.command('registerStart');
    if (!(await offerPublicKey(channel, keyPair.publicKey))) return 'waiting';
    const { token, didKey } = deriveRegistration(keyPair.privateKey, await channel.receive('publicKey'));
    await channel.send('passThrough', sealDid(didKey, did ?? generateDid(options.randomBytes)));
    options.tokenStore.pending(token);
    channel.command('registerConfirm');
    const result = await channel.result();
    if (result !== 'registered') throw new UnexpectedResult(result);
    options.tokenStore.confirmed(token);
    return 'paired';
  } catch (error) {
    if (!(error instanceof UnexpectedResult)) throw error;
    throw (
      REFUSALS[error.opcode]?.() ??
      new ClientError('peer', `The scooter broke the pairing off: ${error.opcode}`, { cause: error })
    );
  } finally {
    channel.close();
  }
}

/** Sends our public key; false if the scooter does not want it yet. */
async function offerPublicKey(channel: AuthChannel, publicKey: Buffer): Promise<boolean> {
  try {
    await channel.send('publicKey', publicKey, READY_TIMEOUT_MS);
    return true;
  } catch (error) {
    if (error instanceof ReadyTimeout) return false;
    throw error;
  }
}

/** Not every 32 bytes are a scalar of P-256, though all but one in 2^32 are. */
function generateKeyPair(randomBytes: (count: number) => Buffer): ReturnType<typeof createKeyPair> {
  for (;;) {
    try {
      return createKeyPair(randomBytes(PRIVATE_KEY_BYTES));
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
    }
  }
}

/** A scooter that was never bound has no device id: the app gives it one that looks like the factory's. */
function generateDid(randomBytes: (count: number) => Buffer): Buffer {
  return didFromText(`blt.4.${randomBytes(DID_BYTES).toString('hex').slice(0, GENERATED_DID_DIGITS)}`);
}
