import { Command } from 'commander';
import type { Central } from '../ble/central.ts';
import { LibraryLog } from '../ble/library-log.ts';
import { openCentral } from '../ble/noble-central.ts';
import type { Config } from '../config/schema.ts';
import { ClientError } from '../errors.ts';
import type { Platform } from '../platform.ts';
import { advertisedModel } from '../scooter/protocol-generation.ts';
import { linkParameters, stepTimeoutMs } from '../scooter/link-parameters.ts';
import { pair, type PairingDialogue } from '../scooter/pairing.ts';
import { findScooter } from '../scooter/search.ts';
import {
  prepareTokenFile,
  readPendingToken,
  removePendingToken,
  tokenFileExists,
  writePendingToken,
  writeToken,
} from '../token-file.ts';
import { printable } from '../printable.ts';
import { macArgument } from './arguments.ts';
import { checkSystem } from '../system-checks.ts';
import { configOf, withConfigOptions, type CommonOptions } from './options.ts';

/** Short, since a person is waiting. */
const SEARCH_MS = 30_000;

interface RegisterOptions extends CommonOptions {
  readonly overwrite?: true;
}

/** `martinete register <mac>`: pairs with a scooter and stores its token. */
export function registerCommand(platform: Platform, signal: AbortSignal): Command {
  const command = new Command('register')
    .description('pair with a scooter and store its token; phones paired before must pair again')
    .argument('<mac>', 'Bluetooth address, as shown by `martinete scan`', macArgument)
    .option('--overwrite', 'replace an existing token file, after saving it as <file>.old');
  return withConfigOptions(command, platform).action(async (mac: string, options: RegisterOptions) => {
    const loaded = configOf(options);
    checkSystem(loaded, platform, ['adapterName']);
    const { scooter } = loaded.config;
    await registerScooter({ ...scooter, mac }, platform, { overwrite: options.overwrite === true, signal });
  });
}

/** Finds the scooter, pairs with it and writes its token; prints at every step what to do. */
export async function registerScooter(
  scooter: Config['scooter'],
  platform: Platform,
  { overwrite, signal }: { overwrite: boolean; signal: AbortSignal },
): Promise<void> {
  const { mac, tokenFilePath } = scooter;
  const print = (line: string): void => void platform.out.write(`${line}\n`);
  prepareTokenFile(tokenFilePath, { overwrite });
  const pairing = { isPending: false };
  print(`Searching for ${mac} …`);
  const libraries = LibraryLog.ofCommand(platform);
  let central: Central | undefined;
  try {
    central = await openCentral(
      platform.adapter(scooter.adapter, scooter.hciChannel),
      signal,
      libraries.onProblem,
    );
    const device = await findScooter(central, mac, { windowMs: SEARCH_MS, signal });
    print(`Found ${device.name === undefined ? 'a scooter without a name' : printable(device.name)}.`);
    const outcome = await pair(central, mac, {
      advertised: advertisedModel(device),
      parameters: linkParameters(scooter),
      connectTimeoutMs: scooter.connectTimeoutMs,
      stepTimeoutMs: stepTimeoutMs(scooter),
      randomBytes: platform.random.bytes,
      dialogue: dialogueOf(print),
      tokenStore: {
        pending: (token) => {
          explainFailure('The scooter was not paired: run this command again afterwards', () =>
            writePendingToken(tokenFilePath, token),
          );
          pairing.isPending = true;
        },
        confirmed: (token) => {
          pairing.isPending = false;
          explainFailure(
            `The scooter is paired: its new token is in ${tokenFilePath}.pending, and \`martinete run\` uses it`,
            () => {
              writeToken(tokenFilePath, token, { overwrite });
              removePendingToken(tokenFilePath);
            },
          );
        },
      },
      signal,
    });
    print(
      outcome === 'paired'
        ? `Paired. The token is in ${tokenFilePath}: keep it secret.`
        : 'This scooter offers no login, and needs no pairing and no token. Set authentication = "optional" in ' +
            `[scooter], ${removal(tokenFilePath)}and start the client with \`martinete run\`.`,
    );
  } finally {
    if (pairing.isPending) {
      print(
        `The pairing was interrupted at its end. If the scooter stored the new token, \`martinete run\` finds it in ` +
          `${tokenFilePath}.pending and uses it.`,
      );
    }
    await central?.close();
    libraries.close();
  }
}

/** Advice to remove the tokens at `path`, which keep the client from reading a scooter without a login; empty if there are none. */
function removal(path: string): string {
  const files = [
    ...(tokenFileExists(path) ? [path] : []),
    ...(readPendingToken(path) ? [`${path}.pending`] : []),
  ];
  return files.length === 0 ? '' : `remove ${files.join(' and ')}, `;
}

/** Calls `act`, which stores a token. @throws ClientError with `consequence` behind the reason */
function explainFailure(consequence: string, act: () => void): void {
  try {
    act();
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new ClientError('config', `${reason}. ${consequence}`, { cause });
  }
}

function dialogueOf(print: (line: string) => void): PairingDialogue {
  return {
    connecting: () => print('Connecting …'),
    pressButton: (windowMs, prompt, prompts) =>
      print(
        `The scooter beeps: press the power button once, briefly, within ${windowMs / 1000} s ` +
          `(${prompt} of ${prompts}).`,
      ),
    failed: (reason) => print(`${reason}. Trying again …`),
  };
}
