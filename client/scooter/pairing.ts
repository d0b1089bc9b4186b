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
import {
  type AdvertisedModel,
  generationOf,
  isDiscoveryDoubtful,
  MIN_INCOMPLETE_LINKS,
} from './protocol-generation.ts';
import { isTransient } from './transient-errors.ts';

/** The longest wait for READY, which the scooter withholds until its power button is pressed. */
const READY_TIMEOUT_MS = 3_000;
/** Approximate time after its beep in which the scooter accepts a press of the power button. */
const BUTTON_WINDOW_MS = 5_000;
/** Maximum number of prompts to press the button. */
const MAX_PROMPTS = 5;
const GENERATED_DID_DIGITS = 13;

/** Progress and prompts of pairing, shown to the user. */
export interface PairingDialogue {
  connecting(): void;
  /** The scooter has beeped: the user has `windowMs` to press its power button. */
  pressButton(windowMs: number, prompt: number, prompts: number): void;
  /** An attempt failed; another one follows. */
  failed(reason: string): void;
}

/** Stores the new token before the scooter may discard its old one, so that a failure in between does not lose it. */
export interface TokenStore {
  /** Called before the command that makes the scooter replace its token with this one. */
  pending(token: Buffer): void;
  /** Called after the scooter has confirmed the token. */
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

/** `notRequired`: the scooter is of a generation without tokens. */
export type PairingOutcome = 'paired' | 'notRequired';

/**
 * Pairs with a scooter that the central has seen, and stores the new token, which invalidates all earlier ones. The
 * scooter requires a press of its power button: it beeps when a first attempt disconnects, and a press within five
 * seconds lets the next attempt succeed.
 * @throws ClientError `button_not_pressed` after five prompts without a press, `token_refused` if the scooter refuses to
 *   be paired, `unsupported_scooter`; or the error of the last attempt.
 */
export async function pair(
  central: Central,
  address: string,
  options: PairingOptions,
): Promise<PairingOutcome> {
  const { dialogue, signal } = options;
  const doubts = { links: 0 };
  for (let prompt = 1; ; prompt++) {
    const outcome = await attemptPairing(central, address, options, doubts);
    if (outcome === 'paired' || outcome === 'notRequired') return outcome;
    const isNotPressed = outcome === 'notPressed';
    if (prompt > MAX_PROMPTS) throw isNotPressed ? buttonNotPressed() : outcome;
    if (isNotPressed) dialogue.pressButton(BUTTON_WINDOW_MS, prompt, MAX_PROMPTS);
    else dialogue.failed(outcome.message);
    await pause(BUTTON_WINDOW_MS, signal);
  }
}

/**
 * Connects and tries to register; returns the outcome, or an error that another attempt may not have.
 * @param doubts number of consecutive links whose discovery may have been incomplete.
 */
async function attemptPairing(
  central: Central,
  address: string,
  options: PairingOptions,
  doubts: { links: number },
): Promise<PairingOutcome | 'notPressed' | ClientError> {
  const { connectTimeoutMs: timeoutMs, dialogue, advertised } = options;
  dialogue.connecting();
  try {
    const link = await central.connect(address, { ...options, timeoutMs });
    let outcome: PairingOutcome | 'notPressed' | undefined;
    try {
      doubts.links = isDiscoveryDoubtful(link, advertised) ? doubts.links + 1 : 0;
      if (doubts.links > 0 && doubts.links < MIN_INCOMPLETE_LINKS)
        return new ClientError('peer', 'The discovery found no pairing service (characteristic 0019)');
      outcome = await PAIR_PROCEDURES[generationOf(link, advertised)](link, options);
      return outcome;
    } finally {
      const closed = link.close();
      // The result stands, even if the disconnect is not confirmed; only another attempt would need that.
      await (outcome === 'paired' || outcome === 'notRequired' ? closed.catch(() => undefined) : closed);
    }
  } catch (error) {
    if (!isTransient(error)) throw error;
    return error instanceof ClientError ? error : new ClientError('peer', error.message, { cause: error });
  }
}

/** Pairing procedure of each generation. */
const PAIR_PROCEDURES: Readonly<
  Record<Generation, (link: Link, options: PairingOptions) => Promise<PairingOutcome | 'notPressed'>>
> = {
  plain: () => Promise.resolve('notRequired'),
  xor: () => Promise.resolve('notRequired'),
  miauth: register,
};

function buttonNotPressed(): ClientError {
  return new ClientError(
    'button_not_pressed',
    `The scooter was not paired: its power button was not pressed in time after ${MAX_PROMPTS} beeps. ` +
      'Try again, and press the power button once, briefly, within five seconds of a beep',
  );
}

/** Errors for the registration results that another attempt would not change. */
const REFUSALS: Partial<Record<UpnpOpcode, () => ClientError>> = {
  alreadyRegistered: () =>
    new ClientError(
      'token_refused',
      'The scooter is already paired and refuses to be paired again: remove it in the app it was paired with, or ' +
        'reset it, then try again',
    ),
  invalidOutOfBand: () =>
    new ClientError(
      'unsupported_scooter',
      'The scooter requires pairing with an out-of-band code (MiAuth OOB), which is not supported',
    ),
};
const EXPECTED_RESULTS: readonly UpnpOpcode[] = [
  'registered',
  'registrationFailed',
  ...(Object.keys(REFUSALS) as UpnpOpcode[]),
];

/** Registers with a MiAuth scooter on one link. */
async function register(link: Link, options: PairingOptions): Promise<'paired' | 'notPressed'> {
  const channel = await AuthChannel.open(link, EXPECTED_RESULTS, options);
  try {
    channel.command('deviceInfo');
    const { did } = parseDeviceInfo(await channel.receive('passThrough'));
    const keyPair = generateKeyPair(options.randomBytes);
    channel.command('registerStart');
    if (!(await offerPublicKey(channel, keyPair.publicKey))) return 'notPressed';
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
    throw REFUSALS[error.opcode]?.() ?? new ClientError('peer', error.message, { cause: error });
  } finally {
    channel.close();
  }
}

/** Sends our public key; returns false if the scooter withholds READY because its button was not pressed. */
async function offerPublicKey(channel: AuthChannel, publicKey: Buffer): Promise<boolean> {
  try {
    await channel.send('publicKey', publicKey, READY_TIMEOUT_MS);
    return true;
  } catch (error) {
    if (error instanceof ReadyTimeout) return false;
    throw error;
  }
}

/** Generates a P-256 key pair; about one in 2^32 random strings is not a valid scalar, and is replaced by another. */
function generateKeyPair(randomBytes: (count: number) => Buffer): ReturnType<typeof createKeyPair> {
  for (;;) {
    try {
      return createKeyPair(randomBytes(PRIVATE_KEY_BYTES));
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
    }
  }
}

/** Generates a device id in the format of the factory ones. The app does the same for a scooter without one. */
function generateDid(randomBytes: (count: number) => Buffer): Buffer {
  return didFromText(`blt.4.${randomBytes(DID_BYTES).toString('hex').slice(0, GENERATED_DID_DIGITS)}`);
}
