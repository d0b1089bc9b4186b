import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { Config } from '../config/schema.ts';
import { ClientError } from '../errors.ts';
import { CREDENTIAL_VARIABLES, credentialProblems, credentialsOf } from './credentials.ts';

const folder = mkdtempSync(join(tmpdir(), 'martinete-credentials-'));
afterAll(() => rmSync(folder, { recursive: true }));

function file(name: string, content: string): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

const mqtt = (keys: Partial<Config['mqtt']>): Config['mqtt'] => ({
  broker: 'mqtt://broker.example',
  clientId: 'martinete',
  topic: 'a/b',
  baseTopic: 'a',
  keepAliveS: 20,
  reconnectMinMs: 1_000,
  reconnectMaxMs: 30_000,
  sendIntervalMs: 5_000,
  connectTimeoutMs: 10_000,
  healthIntervalMs: 60_000,
  drainRatePerS: 50,
  nofix: 'zero',
  liveIntervalMs: 0,
  ...keys,
});

/** The error message for a configuration. */
function errorOf(keys: Partial<Config['mqtt']>, env: NodeJS.ProcessEnv = {}): string {
  try {
    credentialsOf(mqtt(keys), env);
  } catch (error) {
    if (error instanceof ClientError && error.code === 'config') return error.message;
    throw error;
  }
  return 'none';
}

describe('user name and password', () => {
  it('are absent if none are configured', () => {
    expect(credentialsOf(mqtt({}), {})).toEqual({});
  });

  it('come from the environment, else from the configuration, else from the address', () => {
    const broker = 'mqtt://of-address:secret-of-address@broker.example';
    const inConfig = { broker, username: 'of-config', password: 'secret-of-config' };
    const env = {
      [CREDENTIAL_VARIABLES.username]: 'of-env',
      [CREDENTIAL_VARIABLES.password]: 'secret-of-env',
    };
    expect(credentialsOf(mqtt(inConfig), env)).toEqual({ username: 'of-env', password: 'secret-of-env' });
    expect(credentialsOf(mqtt(inConfig), {})).toEqual({
      username: 'of-config',
      password: 'secret-of-config',
    });
    expect(credentialsOf(mqtt({ broker }), {})).toEqual({
      username: 'of-address',
      password: 'secret-of-address',
    });
  });

  it.each([
    ['as it is', 's3cret'],
    ['with a line break', 's3cret\n'],
    ['with a line break of Windows and more lines', 's3cret\r\nremember to change it\n'],
  ])('come from the first line of a file %s rather than from password', (_how, content) => {
    const passwordFile = file('password', content);
    expect(credentialsOf(mqtt({ username: 'jane', password: 'old', passwordFile }), {})).toEqual({
      username: 'jane',
      password: 's3cret',
    });
  });

  it('do not need the file if they are in the environment', () => {
    const env = { [CREDENTIAL_VARIABLES.password]: 's3cret' };
    expect(credentialsOf(mqtt({ username: 'jane', passwordFile: join(folder, 'gone') }), env)).toEqual({
      username: 'jane',
      password: 's3cret',
    });
  });

  it.each([
    ['in the configuration', 'password', { password: 's3cret' }, {}],
    ['in a file', 'password_file', { passwordFile: file('lonely-password', 's3cret') }, {}],
    ['in the environment', CREDENTIAL_VARIABLES.password, {}, { [CREDENTIAL_VARIABLES.password]: 's3cret' }],
    ['in the address', 'broker', { broker: 'mqtt://:s3cret@broker.example' }, {}],
  ])(
    'with a password %s, but no user name, are an error of %s that does not repeat it',
    (_, key, keys, env) => {
      expect(errorOf(keys, env)).toMatch(
        new RegExp(`^${key}: a password for the broker requires a user name: set username`),
      );
      expect(errorOf(keys, env)).not.toContain('s3cret');
      const withUser = { ...env, [CREDENTIAL_VARIABLES.username]: 'jane' };
      expect(errorOf(keys, withUser)).toBe('none');
    },
  );

  it('in a file that cannot be read are an error that names the key and the file', () => {
    const passwordFile = join(folder, 'gone');
    expect(errorOf({ passwordFile })).toBe(
      `password_file: cannot read ${passwordFile}: there is no such file: check the path`,
    );
  });

  it('in a file that is a folder are an error that says so', () => {
    expect(errorOf({ passwordFile: folder })).toBe(
      `password_file: cannot read ${folder}: it is a folder: name the file in it`,
    );
  });

  it.each(['', '\n', '\r\n', '\ns3cret\n'])(
    'in a file with an empty first line are an error: %j',
    (content) => {
      const passwordFile = file('empty-password', content);
      for (const keys of [{ username: 'jane', passwordFile }, { passwordFile }]) {
        expect(errorOf(keys)).toBe(
          `password_file: the first line of ${passwordFile} is empty: write the password there, or remove this line`,
        );
      }
    },
  );

  it('in empty environment variables do not override those of the configuration', () => {
    const env = { [CREDENTIAL_VARIABLES.username]: '', [CREDENTIAL_VARIABLES.password]: '' };
    const inConfig = { username: 'jane', password: 's3cret' };
    expect(credentialsOf(mqtt(inConfig), env)).toEqual(inConfig);
  });
});

describe('certificates', () => {
  const broker = 'ssl://broker.example';

  it.each(['tcp://broker.example', 'mqtt://broker.example', 'ws://broker.example'])(
    'for %s are an error, because the connection would not be encrypted',
    (unencrypted) => {
      expect(errorOf({ broker: unencrypted, caFile: file('ca.pem', 'whatever') })).toContain('unencrypted');
    },
  );

  it('that are invalid are an error that does not repeat them', () => {
    const caFile = file('ca.pem', 'not-a-certificate');
    expect(errorOf({ broker, caFile })).toMatch(/^ca_file: expected a certificate in PEM form/);
    const [certFile, keyFile] = [file('client.pem', 'n0t-this'), file('client.key', 'n0t-that')];
    const message = errorOf({ broker, certFile, keyFile });
    expect(message).toContain(`in PEM form in ${certFile} and ${keyFile}`);
    expect(message).not.toMatch(/n0t-/);
  });

  it('that are missing are all reported, each once, together with an unencrypted address', () => {
    const keys = {
      broker: 'tcp://broker.example',
      caFile: join(folder, 'no-ca'),
      certFile: join(folder, 'no-cert'),
      keyFile: join(folder, 'no-key'),
    };
    expect(credentialProblems(mqtt(keys), {})).toEqual([
      {
        key: 'broker',
        message:
          'the address is unencrypted, but ca_file, cert_file, and key_file are given: start it with ssl://, mqtts:// or wss://',
      },
      ...(['ca_file', 'cert_file', 'key_file'] as const).map((key, index) => ({
        key,
        message: `cannot read ${[keys.caFile, keys.certFile, keys.keyFile][index]}: there is no such file: check the path`,
      })),
    ]);
  });
});
