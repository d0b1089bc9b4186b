import { type Adapter, AdapterError, ChannelError } from '../hci/adapter.ts';
import { problemAt } from './config/finding.ts';
import type { LoadedConfig } from './config/load.ts';
import type { Path } from './config/positions.ts';
import { ConfigError } from './config/report.ts';
import type { Config } from './config/schema.ts';
import { ClientError, type ErrorCode } from './errors.ts';
import type { Platform } from './platform.ts';
import { readPendingToken, readToken, tokenFileExists } from './token-file.ts';
import { credentialProblems } from './uplink/credentials.ts';

/** Something that is wrong on this machine. */
interface Failure {
  /** The key that names it; an environment variable by itself. */
  readonly path: Path;
  readonly isEnvironment?: true | undefined;
  readonly text: string;
  readonly code: ErrorCode;
}

/** Compares some keys with the machine. */
type Check = (config: Config, platform: Platform) => readonly Failure[];

const ADAPTER: Path = ['scooter', 'adapter'];

const CHECKS = {
  adapterName: ({ scooter }, platform) =>
    attempt(ADAPTER, () => platform.adapter(scooter.adapter, scooter.hciChannel)),
  adapterPresence: ({ scooter }, platform) => {
    const problems = adapterOf(scooter, platform)?.problems?.() ?? [];
    return problems.map(({ message }) => ({
      path: ADAPTER,
      text: withSmallInitial(message),
      code: 'config',
    }));
  },
  token: ({ scooter }) =>
    scooter.authentication === 'required' || tokenFileExists(scooter.tokenFilePath)
      ? attempt(['scooter', 'token_file_path'], () => checkToken(scooter.tokenFilePath))
      : [],
  credentials: ({ mqtt }, { env }) =>
    credentialProblems(mqtt, env).map(({ key, isEnvironment, message }) => ({
      path: isEnvironment ? [key] : ['mqtt', key],
      isEnvironment,
      text: message,
      code: 'config',
    })),
  serialPort: ({ serial }, platform) => {
    const problem = serial && platform.serialPortProblem(serial.serialPort);
    return problem === undefined ? [] : [{ path: ['serial', 'serial_port'], text: problem, code: 'config' }];
  },
} as const satisfies Record<string, Check>;

export type CheckName = keyof typeof CHECKS;

export const ALL_CHECKS = Object.keys(CHECKS) as readonly CheckName[];
/** What may be plugged in later; `run` reports it when it uses it. */
const PLUGGABLE: readonly CheckName[] = ['adapterPresence', 'serialPort'];
export const RUN_CHECKS = ALL_CHECKS.filter((name) => !PLUGGABLE.includes(name));

/** Reads the token, unless only an interrupted pairing has left one. @throws what `readToken` throws */
function checkToken(path: string): void {
  if (tokenFileExists(path) || !readPendingToken(path)) readToken(path);
}

/** The configured adapter; undefined if its name is wrong. */
function adapterOf({ adapter, hciChannel }: Config['scooter'], platform: Platform): Adapter | undefined {
  try {
    return platform.adapter(adapter, hciChannel);
  } catch {
    return undefined;
  }
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
  const failures = names.flatMap((name) => CHECKS[name](config, platform));
  if (failures.length === 0) return;
  const problems = failures.map(({ path, text, isEnvironment }) => {
    const finding = { kind: 'system', path, expected: text } as const;
    return problemAt(isEnvironment ? 'environment' : locate(finding), finding);
  });
  const isTokenMissing = failures.every(({ code }) => code === 'token_missing');
  throw new ConfigError(file, problems, isTokenMissing ? 'token_missing' : 'config');
}

/** Calls `act`; returns the error that it throws. */
function attempt(path: Path, act: () => unknown): readonly Failure[] {
  try {
    act();
    return [];
  } catch (error) {
    if (error instanceof ClientError)
      return [{ path, text: withSmallInitial(error.message), code: error.code }];
    if (!(error instanceof AdapterError)) throw error;
    const [section = ''] = path;
    const at = error instanceof ChannelError ? [section, 'hci_channel'] : path;
    return [{ path: at, text: error.message, code: 'config' }];
  }
}

/** The key is named in front of the message. */
function withSmallInitial(message: string): string {
  return message.replace(/^(?:There|Cannot|The|This|No)\b/, (word) => word.toLowerCase());
}
