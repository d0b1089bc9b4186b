import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createSecureContext } from 'node:tls';
import type { Config } from '../config/schema.ts';
import { ClientError } from '../errors.ts';
import { brokerAddress } from './address.ts';

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
 * Collects user name, password, and certificates: from the environment first, then from the configuration and the files
 * that it names, then from the address of the broker.
 * @throws ClientError `config` for a file that cannot be read or used; its content is never repeated.
 */
export function credentialsOf(config: Config['mqtt'], env: NodeJS.ProcessEnv): Credentials {
  const address = brokerAddress(config.broker);
  const username = env[CREDENTIAL_VARIABLES.username] ?? config.username ?? address.username;
  const password = env[CREDENTIAL_VARIABLES.password] ?? passwordOf(config) ?? address.password;
  return {
    ...(username && { username }),
    ...(password && { password }),
    ...certificatesOf(config, address.isEncrypted),
  };
}

function passwordOf({ password, passwordFile }: Config['mqtt']): string | undefined {
  if (passwordFile === undefined) return password;
  const [firstLine = ''] = read(passwordFile, 'password_file').toString().split(/\r?\n/);
  return firstLine;
}

function certificatesOf(
  { caFile, certFile, keyFile }: Config['mqtt'],
  isEncrypted: boolean,
): Pick<Credentials, 'ca' | 'cert' | 'key'> {
  if ((caFile ?? certFile ?? keyFile) === undefined) return {};
  if (!isEncrypted) {
    throw new ClientError(
      'config',
      'There is a certificate, but broker is an address in the clear: it has to start with ssl://, mqtts:// or wss://.',
    );
  }
  const ca = caFile && read(caFile, 'ca_file');
  const cert = certFile && read(certFile, 'cert_file');
  const key = keyFile && read(keyFile, 'key_file');
  if (ca) check(() => new X509Certificate(ca), `ca_file names ${caFile}, which holds no certificate`);
  if (cert && key) {
    check(
      () => createSecureContext({ cert, key }),
      `cert_file names ${certFile} and key_file ${keyFile}, which are no certificate with its private key`,
    );
  }
  return { ...(ca && { ca }), ...(cert && { cert }), ...(key && { key }) };
}

function check(use: () => unknown, what: string): void {
  try {
    use();
  } catch (cause) {
    const reason = cause instanceof Error && 'reason' in cause ? ` (${String(cause.reason)})` : '';
    throw new ClientError('config', `${what} in PEM form${reason}`, { cause });
  }
}

function read(path: string, keyName: string): Buffer {
  try {
    return readFileSync(path);
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown error';
    throw new ClientError('config', `${keyName} names ${path}, which cannot be read (${code})`, { cause });
  }
}
