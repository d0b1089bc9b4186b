import { readFileSync } from 'node:fs';
import type { Config } from '../config/schema.ts';
import { ClientError } from '../errors.ts';

/** Environment variables that take the place of `username` and `password`. */
export const CREDENTIAL_VARIABLES = {
  username: 'MARTINETE_MQTT_USERNAME',
  password: 'MARTINETE_MQTT_PASSWORD',
} as const;

/** What the client shows to the broker, and how it knows the broker. */
export interface Credentials {
  readonly username?: string;
  readonly password?: string;
  /** PEM. */
  readonly ca?: Buffer;
  readonly cert?: Buffer;
  readonly key?: Buffer;
}

/**
 * Collects user name, password, and certificates from the configuration, the files that it names, and the environment,
 * which comes first.
 * @throws ClientError `config` for a file that cannot be read; its content is never repeated.
 */
export function credentialsOf(config: Config['mqtt'], env: NodeJS.ProcessEnv): Credentials {
  const username = env[CREDENTIAL_VARIABLES.username] ?? config.username;
  const password = env[CREDENTIAL_VARIABLES.password] ?? passwordOf(config);
  const ca = config.caFile && read(config.caFile, 'ca_file');
  const cert = config.certFile && read(config.certFile, 'cert_file');
  const key = config.keyFile && read(config.keyFile, 'key_file');
  return {
    ...(username && { username }),
    ...(password && { password }),
    ...(ca && { ca }),
    ...(cert && { cert }),
    ...(key && { key }),
  };
}

function passwordOf({ password, passwordFile }: Config['mqtt']): string | undefined {
  if (passwordFile === undefined) return password;
  const [firstLine = ''] = read(passwordFile, 'password_file').toString().split(/\r?\n/);
  return firstLine;
}

function read(path: string, keyName: string): Buffer {
  try {
    return readFileSync(path);
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown error';
    throw new ClientError('config', `${keyName} names ${path}, which cannot be read (${code})`, { cause });
  }
}
