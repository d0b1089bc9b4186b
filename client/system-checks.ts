import { AdapterError, ChannelError } from '../hci/adapter.ts';
import { problemAt } from './config/finding.ts';
import type { LoadedConfig } from './config/load.ts';
import type { Path } from './config/positions.ts';
import { ConfigError } from './config/report.ts';
import type { Config } from './config/schema.ts';
import { ClientError, type ErrorCode } from './errors.ts';
import type { Platform } from './platform.ts';
import { readPendingToken, readToken, tokenFileExists } from './token-file.ts';
import { credentialsOf } from './uplink/credentials.ts';

type FileKey = 'passwordFile' | 'caFile' | 'certFile' | 'keyFile';

/** Compares one key with the machine; throws what is wrong with it. */
interface Check {
  readonly path: Path;
  readonly run: (config: Config, platform: Platform) => unknown;
}

const checkFiles =
  (...names: readonly FileKey[]) =>
  ({ mqtt }: Config, { env }: Platform): unknown => {
    const { passwordFile, caFile, certFile, keyFile, ...others } = mqtt;
    const files = Object.entries({ passwordFile, caFile, certFile, keyFile });
    const chosen = files.filter(
      ([name, path]) => path !== undefined && names.some((wanted) => wanted === name),
    );
    return chosen.length > 0 && credentialsOf({ ...others, ...Object.fromEntries(chosen) }, env);
  };

const CHECKS = {
  adapter: {
    path: ['scooter', 'adapter'],
    run: ({ scooter }, platform) => platform.adapter(scooter.adapter, scooter.hciChannel),
  },
  token: {
    path: ['scooter', 'token_file_path'],
    run: ({ scooter }) => isTokenRequired(scooter) && checkToken(scooter.tokenFilePath),
  },
  password: { path: ['mqtt', 'password_file'], run: checkFiles('passwordFile') },
  authority: { path: ['mqtt', 'ca_file'], run: checkFiles('caFile') },
  certificate: { path: ['mqtt', 'cert_file'], run: checkFiles('certFile', 'keyFile') },
  serialPort: {
    path: ['serial', 'serial_port'],
    run: ({ serial }, platform) => {
      const problem = serial && platform.serialPortProblem(serial.serialPort);
      if (problem !== undefined) throw new ClientError('config', problem);
    },
  },
} as const satisfies Record<string, Check>;

export type CheckName = keyof typeof CHECKS;

export const ALL_CHECKS = Object.keys(CHECKS) as readonly CheckName[];
/** A receiver may be plugged in later, and never ends the client; `run` logs what is wrong with it. */
export const RUN_CHECKS = ALL_CHECKS.filter((name) => name !== 'serialPort');

/** Reads the token, unless only an interrupted pairing has left one. @throws what `readToken` throws */
function checkToken(path: string): void {
  if (tokenFileExists(path) || !readPendingToken(path)) readToken(path);
}

/** Whether the client may not start without a token. */
function isTokenRequired({ authentication }: Config['scooter']): boolean {
  return authentication === 'required';
}

/**
 * Compares the configuration with the machine before anything is opened.
 * @throws ConfigError with everything that is wrong; its code is `token_missing` if that is all
 */
export function checkSystem(
  { path: file, config, locate }: LoadedConfig,
  platform: Platform,
  names: readonly CheckName[],
): void {
  const failures = names.flatMap((name) => failureOf(CHECKS[name], config, platform));
  if (failures.length === 0) return;
  const problems = failures.map(({ path, text }) => {
    const finding = { kind: 'system', path, expected: text } as const;
    return problemAt(locate(finding), finding);
  });
  const isTokenMissing = failures.every(({ code }) => code === 'token_missing');
  throw new ConfigError(file, problems, isTokenMissing ? 'token_missing' : 'config');
}

interface Failure {
  readonly path: Path;
  readonly text: string;
  readonly code: ErrorCode;
}

function failureOf({ path, run }: Check, config: Config, platform: Platform): Failure[] {
  try {
    run(config, platform);
    return [];
  } catch (error) {
    if (error instanceof ClientError) return [{ path, text: withoutKey(error.message), code: error.code }];
    if (!(error instanceof AdapterError)) throw error;
    const [section = ''] = path;
    const at = error instanceof ChannelError ? [section, 'hci_channel'] : path;
    return [{ path: at, text: error.message, code: 'config' }];
  }
}

/** The key is named in front of the message. */
function withoutKey(message: string): string {
  return message
    .replace(/^[a-z_]+(?: and [a-z_]+)?: /, '')
    .replace(/^(?:There|Cannot|A|No)\b/, (word) => word.toLowerCase());
}
