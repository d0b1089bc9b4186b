import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { AdapterError } from '../hci/adapter.ts';
import { TOKEN_BYTES } from '../protocol/keys.ts';
import { main } from './cli.ts';
import { systemPlatform, type Platform } from './platform.ts';
import { writeToken } from './token-file.ts';

let folder: string;
let config: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'martinete-checks-'));
  config = join(folder, 'martinete.toml');
});
afterEach(() => rmSync(folder, { recursive: true }));

const MQTT = '[mqtt]\nbroker = "ssl://127.0.0.1:1"\ntopic = "vehicle/1/realtime"\n';
const SCOOTER = '[scooter]\nmac = "c8f09e000001"\n';

const pair = (): void =>
  writeToken(join(folder, '.mi-token'), Buffer.alloc(TOKEN_BYTES), { overwrite: false });

/** Runs one command line with a configuration. `opened` are the adapters that it has opened. */
async function run(
  text: string,
  ...args: string[]
): Promise<{ code: number; out: string; log: string; opened: string[] }> {
  return runWith({}, text, ...args);
}

/** As `run`, on a machine that differs from one on which everything is right. */
async function runWith(
  { env = {}, adapterProblems = [] }: { env?: NodeJS.ProcessEnv; adapterProblems?: readonly string[] },
  text: string,
  ...args: string[]
): Promise<{ code: number; out: string; log: string; opened: string[] }> {
  writeFileSync(config, text);
  const output = { out: '', log: '' };
  const opened: string[] = [];
  const stop = new AbortController();
  const platform: Platform = {
    ...systemPlatform,
    env,
    adapter: (name, channel) => ({
      ...systemPlatform.adapter(name, channel),
      problems: () => adapterProblems.map((message) => new AdapterError(message)),
      open: () => {
        opened.push(name);
        stop.abort();
        throw new Error('stopped');
      },
    }),
    out: { write: (line) => (output.out += line) },
    log: { write: (line) => (output.log += line) },
  };
  const code = await main([...args, '--config', config], platform, stop.signal).catch(() => -1);
  return { code, ...output, opened };
}

describe('before the search', () => {
  it.each([['run'], ['config', 'check']])(
    '%s %s reports all that is wrong, each with its line',
    async (...args) => {
      const text = `${MQTT}password_file = "password"\nca_file = "ca.pem"\n${SCOOTER}adapter = "hci"\n`;
      const { code, log, opened } = await run(text, ...args.filter(Boolean));
      expect(code).toBe(78);
      expect(log.split('\n')).toEqual([
        `martinete: ${config} has 4 errors:`,
        `  line 4, column 1: mqtt.password_file: cannot read ${folder}/password: there is no such file: check the path`,
        `  line 5, column 1: mqtt.ca_file: cannot read ${folder}/ca.pem: there is no such file: check the path`,
        expect.stringContaining(
          `  line 6, column 2: scooter.token_file_path: there is no token at ${folder}/.mi-token: run`,
        ),
        expect.stringContaining(
          '  line 8, column 1: scooter.adapter: "hci" is not a Bluetooth adapter: expected hci0',
        ),
        '',
      ]);
      expect(opened).toEqual([]);
    },
  );

  it.each([['run'], ['config', 'check']])(
    '%s %s finds the password that has no user name, where it is given',
    async (...args) => {
      pair();
      const command = args.filter(Boolean);
      expect(await run(`${MQTT}password = "s3cret"\n${SCOOTER}`, ...command)).toMatchObject({
        code: 78,
        log: expect.stringMatching(
          / has an error:\n {2}line 4, column 1: mqtt\.password: a password for the broker requires a user name/,
        ) as unknown,
      });
      const env = { MARTINETE_MQTT_PASSWORD: 's3cret' };
      expect(await runWith({ env }, MQTT + SCOOTER, ...command)).toMatchObject({
        code: 78,
        log: expect.stringMatching(
          / has an error:\n {2}environment: MARTINETE_MQTT_PASSWORD: a password for the broker requires a user name/,
        ) as unknown,
      });
    },
  );

  it.each([['run'], ['config', 'check']])(
    '%s %s reports every certificate that is missing, and the unencrypted address once',
    async (...args) => {
      pair();
      const text =
        '[mqtt]\nbroker = "tcp://127.0.0.1:1"\ntopic = "vehicle/1/realtime"\n' +
        `ca_file = "ca.pem"\ncert_file = "cert.pem"\nkey_file = "key.pem"\n${SCOOTER}`;
      const { code, log } = await run(text, ...args.filter(Boolean));
      expect(code).toBe(78);
      expect(log.split('\n').slice(1)).toEqual([
        expect.stringContaining('  line 2, column 1: mqtt.broker: the address is unencrypted'),
        ...['ca', 'cert', 'key'].map(
          (name, index) =>
            `  line ${4 + index}, column 1: mqtt.${name}_file: cannot read ${folder}/${name}.pem: there is no such file: check the path`,
        ),
        '',
      ]);
    },
  );

  it('an adapter that is not plugged in is reported by `config check`, and `run` tries to open it', async () => {
    pair();
    const text = `${MQTT}${SCOOTER}adapter = "hci7"\n`;
    const machine = {
      adapterProblems: ['There is no Bluetooth adapter hci7', 'The library is not compiled'],
    };
    expect(await runWith(machine, text, 'config', 'check')).toMatchObject({
      code: 78,
      log:
        `martinete: ${config} has 2 errors:\n` +
        '  line 6, column 1: scooter.adapter: there is no Bluetooth adapter hci7\n' +
        '  line 6, column 1: scooter.adapter: the library is not compiled\n',
      opened: [],
    });
    expect((await runWith(machine, text, 'run')).opened).toEqual(['hci7']);
  });

  it('a folder in place of the token is reported as one', async () => {
    mkdirSync(join(folder, '.mi-token'));
    const { code, log } = await run(MQTT + SCOOTER, 'run');
    expect(code).toBe(78);
    expect(log).toContain('.mi-token: it is a folder: name the file in it');
  });

  it('a missing token ends with 77, and says how to get one', async () => {
    const { code, log, opened } = await run(MQTT + SCOOTER, 'run');
    expect([code, opened]).toEqual([77, []]);
    expect(log).toContain('run `martinete register <mac>` near the scooter');
  });

  it('a broken token ends with 78', async () => {
    writeFileSync(join(folder, '.mi-token'), 'abc');
    const { code, log, opened } = await run(MQTT + SCOOTER, 'run');
    expect([code, opened]).toEqual([78, []]);
    expect(log).toContain('.mi-token is 3 bytes long, but a token is 12');
  });

  it('what is no token is an error although the login is optional', async () => {
    writeFileSync(join(folder, '.mi-token'), 'abc');
    const { code, log, opened } = await run(`${MQTT}${SCOOTER}authentication = "optional"\n`, 'run');
    expect([code, opened]).toEqual([78, []]);
    expect(log).toContain('to read a scooter that needs no pairing, remove the file');
  });

  it('a token file that cannot be looked at counts as one', async () => {
    writeFileSync(join(folder, 'file'), '');
    const lines = 'authentication = "optional"\ntoken_file_path = "file/.mi-token"\n';
    const { code, opened } = await run(MQTT + SCOOTER + lines, 'run');
    expect([code, opened]).toEqual([78, []]);
  });

  it('no token is needed for a scooter that needs no login', async () => {
    const { opened } = await run(`${MQTT}${SCOOTER}authentication = "optional"\n`, 'run');
    expect(opened).toEqual(['hci0']);
  });
});

describe('a serial port', () => {
  it.each([
    ['/nonexistent/ttyUSB2', 'cannot open /nonexistent/ttyUSB2, no such file (is it plugged in?)'],
    ['/tmp', '/tmp is not a serial port'],
    ['ttyUSB0', '"ttyUSB0" is not a serial port, expected "/dev/ttyUSB0"'],
    ['gpsd', '"gpsd" is not a serial port, expected "gpsd://localhost"'],
  ])(
    '%s is an error for `config check`, and does not keep the client from starting',
    async (port, problem) => {
      pair();
      const text = `${MQTT}${SCOOTER}[serial]\nserial_port = "${port}"\n`;
      expect(await run(text, 'config', 'check')).toMatchObject({
        code: 78,
        log: `martinete: ${config} has an error:\n  line 7, column 1: serial.serial_port: ${problem}\n`,
      });
      expect((await run(text, 'run')).opened).toEqual(['hci0']);
    },
  );

  it('that is a service is not looked for', async () => {
    pair();
    const text = `${MQTT}${SCOOTER}[serial]\nserial_port = "gpsd://192.0.2.1"\n`;
    expect((await run(text, 'config', 'check')).code).toBe(0);
  });
});

describe.runIf(process.platform === 'linux')('a pipe in place of a file', () => {
  const pipe = (name: string): string => {
    const path = join(folder, name);
    execFileSync('mkfifo', [path]);
    return path;
  };

  it('is refused as a configuration', async () => {
    const log: string[] = [];
    const platform: Platform = { ...systemPlatform, log: { write: (line) => log.push(line) } };
    const { signal } = new AbortController();
    expect(await main(['config', 'check', '-c', pipe('pipe')], platform, signal)).toBe(78);
    expect(log.join('')).toContain('It is a pipe or a device: copy its content to a file, and name that');
  });

  it('is refused as a token and as a password', async () => {
    pipe('.mi-token');
    pipe('password');
    const { code, log } = await run(`${MQTT}password_file = "password"\n${SCOOTER}`, 'run');
    expect(code).toBe(78);
    expect(log).toContain('mqtt.password_file: cannot read');
    expect(log).toContain('scooter.token_file_path: cannot read the token');
  });

  it('and a folder that nobody can create are reported by `register`', async () => {
    const text = `${MQTT}${SCOOTER}token_file_path = "/proc/martinete/token"\n`;
    const { code, log } = await run(text, 'register', 'c8f09e000001');
    expect(code).toBe(78);
    expect(log).toContain('Cannot write a token into /proc/martinete (ENOENT)');
  });
});

it('a folder as configuration is reported as one', async () => {
  mkdirSync(join(folder, 'config'));
  const log: string[] = [];
  const platform: Platform = { ...systemPlatform, log: { write: (line) => log.push(line) } };
  expect(
    await main(['config', 'check', '-c', join(folder, 'config')], platform, new AbortController().signal),
  ).toBe(78);
  expect(log.join('')).toContain('It is a folder');
});
