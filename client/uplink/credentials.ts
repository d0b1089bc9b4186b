import { X509Certificate } from 'node:crypto';
import { createSecureContext } from 'node:tls';
import type { Config } from '../config/schema.ts';
import { ClientError } from '../errors.ts';
import { readAdvice, readRegularFile } from '../read-regular-file.ts';
import { brokerAddress, type BrokerAddress } from './address.ts';

/** Environment variables that override `username` and `password`; an empty one is not set. */
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

/** An error in the credentials; repeats no secret. */
export interface CredentialProblem {
  /** The key in `[mqtt]` at fault, or the environment variable. */
  readonly key: string;
  readonly isEnvironment?: true;
  /** Says what is wrong with the key. */
  readonly message: string;
}

/**
 * Collects user name, password, and certificates: from the environment, else from the configuration and its files, else
 * from the address of the broker.
 * @throws ClientError `config` with the first of the problems that `credentialProblems` finds.
 */
export function credentialsOf(config: Config['mqtt'], env: NodeJS.ProcessEnv): Credentials {
  const { credentials, problems } = collect(config, env);
  const [problem] = problems;
  if (problem) throw new ClientError('config', `${problem.key}: ${problem.message}`);
  return credentials;
}

/** Finds everything that is wrong with the credentials: files that cannot be used, and what does not fit together. */
export function credentialProblems(
  config: Config['mqtt'],
  env: NodeJS.ProcessEnv,
): readonly CredentialProblem[] {
  return collect(config, env).problems;
}

function collect(
  config: Config['mqtt'],
  env: NodeJS.ProcessEnv,
): { readonly credentials: Credentials; readonly problems: readonly CredentialProblem[] } {
  const problems: CredentialProblem[] = [];
  const address = brokerAddress(config.broker);
  const username = variable(env, 'username') ?? config.username ?? address.username;
  const password = passwordOf(config, env, problems);
  if (password && !username) {
    problems.push({
      ...password.source,
      message: `a password for the broker requires a user name: set username in [mqtt] or ${CREDENTIAL_VARIABLES.username}, or remove the password`,
    });
  }
  const certificates = certificatesOf(config, address, problems);
  return {
    credentials: {
      ...(username && { username }),
      ...(password && { password: password.text }),
      ...certificates,
    },
    problems,
  };
}

/** The value of an environment variable; undefined if it is empty. */
function variable(env: NodeJS.ProcessEnv, name: keyof typeof CREDENTIAL_VARIABLES): string | undefined {
  const value = env[CREDENTIAL_VARIABLES[name]];
  return value === '' ? undefined : value;
}

/** A password and its source. */
interface Password {
  readonly text: string;
  readonly source: Pick<CredentialProblem, 'key' | 'isEnvironment'>;
}

function passwordOf(
  { broker, password, passwordFile }: Config['mqtt'],
  env: NodeJS.ProcessEnv,
  problems: CredentialProblem[],
): Password | undefined {
  const ofEnvironment = variable(env, 'password');
  if (ofEnvironment !== undefined) {
    return { text: ofEnvironment, source: { key: CREDENTIAL_VARIABLES.password, isEnvironment: true } };
  }
  if (passwordFile !== undefined) {
    const source = { key: 'password_file' };
    const [text] = read(passwordFile, source.key, problems)?.toString().split(/\r?\n/) ?? [];
    if (text === '') {
      problems.push({
        ...source,
        message: `the first line of ${passwordFile} is empty: write the password there, or remove this line`,
      });
    }
    return text ? { text, source } : undefined;
  }
  if (password !== undefined) return { text: password, source: { key: 'password' } };
  const ofAddress = brokerAddress(broker).password;
  return ofAddress === '' ? undefined : { text: ofAddress, source: { key: 'broker' } };
}

type CertificateName = 'ca' | 'cert' | 'key';

function certificatesOf(
  config: Config['mqtt'],
  { isEncrypted }: BrokerAddress,
  problems: CredentialProblem[],
): Pick<Credentials, CertificateName> {
  const files = CERTIFICATE_FILES.flatMap(({ name, key, path }) => {
    const file = path(config);
    return file === undefined ? [] : [{ name, key, file }];
  });
  if (files.length > 0 && !isEncrypted) {
    const keys = new Intl.ListFormat('en').format(files.map(({ key }) => key));
    problems.push({
      key: 'broker',
      message: `the address is unencrypted, but ${keys} ${files.length === 1 ? 'is' : 'are'} given: start it with ssl://, mqtts:// or wss://`,
    });
  }
  const contents: Partial<Record<CertificateName, Buffer>> = {};
  for (const { name, key, file } of files) {
    const content = read(file, key, problems);
    if (content) contents[name] = content;
  }
  const { ca, cert, key } = contents;
  const expect = (keyName: string, use: () => unknown, what: string): void => {
    const reason = failureOf(use);
    if (reason !== undefined) problems.push({ key: keyName, message: `expected ${what}${reason}` });
  };
  if (ca) expect('ca_file', () => new X509Certificate(ca), `a certificate in PEM form in ${config.caFile}`);
  if (cert && key) {
    expect(
      'cert_file',
      () => createSecureContext({ cert, key }),
      `a certificate and, in key_file, its private key in PEM form in ${config.certFile} and ${config.keyFile}`,
    );
  }
  return contents;
}

const CERTIFICATE_FILES: readonly {
  readonly name: CertificateName;
  readonly key: string;
  readonly path: (config: Config['mqtt']) => string | undefined;
}[] = [
  { name: 'ca', key: 'ca_file', path: ({ caFile }) => caFile },
  { name: 'cert', key: 'cert_file', path: ({ certFile }) => certFile },
  { name: 'key', key: 'key_file', path: ({ keyFile }) => keyFile },
];

/** The reason for which OpenSSL rejects something, in parentheses; undefined if it does not. */
function failureOf(use: () => unknown): string | undefined {
  try {
    use();
    return undefined;
  } catch (error) {
    return error instanceof Error && 'reason' in error ? ` (${String(error.reason)})` : '';
  }
}

function read(path: string, key: string, problems: CredentialProblem[]): Buffer | undefined {
  try {
    return readRegularFile(path);
  } catch (error) {
    problems.push({
      key,
      message: `cannot read ${path}: ${readAdvice(error, 'there is no such file: check the path')}`,
    });
    return undefined;
  }
}
