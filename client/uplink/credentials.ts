import { X509Certificate } from 'node:crypto';
import { createSecureContext } from 'node:tls';
import type { Config } from '../config/schema.ts';
import { ClientError, systemCode } from '../errors.ts';
import { readRegularFile } from '../read-regular-file.ts';
import { brokerAddress } from './address.ts';

/** Environment variables that override `username` and `password`. */
export const CREDENTIAL_VARIABLES = {
  username: 'MARTINETE_MQTT_USERNAME',
  password: 'MARTINETE_MQTT_PASSWORD',
} as const;

/** Credentials of the client, and the authority that the broker's certificate is verified with. */
export interface Credentials {
  readonly username?: string;
  readonly password?: string;
  /** PEM. */
  readonly ca?: Buffer;
  readonly cert?: Buffer;
  readonly key?: Buffer;
}

/**
 * Collects user name, password, and certificates: from the environment, else from the configuration and its files, else
 * from the address of the broker.
 * @throws ClientError `config` if a file cannot be read or is invalid, or if the user name is missing; no secret is
 * repeated.
 */
export function credentialsOf(config: Config['mqtt'], env: NodeJS.ProcessEnv): Credentials {
  const address = brokerAddress(config.broker);
  const username = env[CREDENTIAL_VARIABLES.username] ?? config.username ?? address.username;
  const password = env[CREDENTIAL_VARIABLES.password] ?? passwordOf(config) ?? address.password;
  if (password && !username) {
    throw new ClientError(
      'config',
      `A password for the broker requires a user name: set username in [mqtt] or ${CREDENTIAL_VARIABLES.username}, or remove the password`,
    );
  }
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
      'A certificate is configured, but broker is an unencrypted address: it has to start with ssl://, mqtts:// or wss://',
    );
  }
  const ca = caFile && read(caFile, 'ca_file');
  const cert = certFile && read(certFile, 'cert_file');
  const key = keyFile && read(keyFile, 'key_file');
  if (ca) check(() => new X509Certificate(ca), `ca_file: expected a certificate in PEM form in ${caFile}`);
  if (cert && key) {
    check(
      () => createSecureContext({ cert, key }),
      `cert_file and key_file: expected a certificate and its private key in PEM form in ${certFile} and ${keyFile}`,
    );
  }
  return { ...(ca && { ca }), ...(cert && { cert }), ...(key && { key }) };
}

function check(use: () => unknown, what: string): void {
  try {
    use();
  } catch (cause) {
    const reason = cause instanceof Error && 'reason' in cause ? ` (${String(cause.reason)})` : '';
    throw new ClientError('config', `${what}${reason}`, { cause });
  }
}

function read(path: string, keyName: string): Buffer {
  try {
    return readRegularFile(path);
  } catch (cause) {
    throw new ClientError(
      'config',
      `${keyName}: cannot read ${path} (${systemCode(cause)}): check the path, its owner and mode`,
      { cause },
    );
  }
}
