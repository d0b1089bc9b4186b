import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { Config } from '../config/schema.ts';
import { ClientError } from '../errors.ts';
import { CREDENTIAL_VARIABLES, credentialsOf } from './credentials.ts';

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
    ['in the configuration', { password: 's3cret' }, {}],
    ['in a file', { passwordFile: file('lonely-password', 's3cret') }, {}],
    ['in the environment', {}, { [CREDENTIAL_VARIABLES.password]: 's3cret' }],
    ['in the address', { broker: 'mqtt://:s3cret@broker.example' }, {}],
  ])('with a password %s, but no user name, are an error that does not repeat it', (_where, keys, env) => {
    expect(errorOf(keys, env)).toMatch(/^A password for the broker requires a user name: set username/);
    expect(errorOf(keys, env)).not.toContain('s3cret');
    const withUser = { ...env, [CREDENTIAL_VARIABLES.username]: 'jane' };
    expect(errorOf(keys, withUser)).toBe('none');
  });

  it('in a file that cannot be read are an error that names the key and the file', () => {
    const passwordFile = join(folder, 'gone');
    expect(errorOf({ passwordFile })).toBe(
      `password_file: cannot read ${passwordFile} (ENOENT): check the path, its owner and mode`,
    );
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
});
