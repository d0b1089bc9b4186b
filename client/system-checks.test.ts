import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
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
  writeFileSync(config, text);
  const output = { out: '', log: '' };
  const opened: string[] = [];
  const stop = new AbortController();
  const platform: Platform = {
    ...systemPlatform,
    adapter: (name, channel) => ({
      ...systemPlatform.adapter(name, channel),
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
        `  line 4, column 1: mqtt.password_file: cannot read ${folder}/password (ENOENT): check the path, its owner and mode`,
        `  line 5, column 1: mqtt.ca_file: cannot read ${folder}/ca.pem (ENOENT): check the path, its owner and mode`,
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

  it('no token is needed for a scooter that needs no login', async () => {
    const { opened } = await run(`${MQTT}${SCOOTER}authentication = "optional"\n`, 'run');
    expect(opened).toEqual(['hci0']);
  });
});

describe('a serial port', () => {
  it.each([
    ['/nonexistent/ttyUSB2', 'cannot open /nonexistent/ttyUSB2, no such file (is it plugged in?)'],
    ['/tmp', '/tmp is not a serial port'],
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

  it('that is a service of another machine is not looked for', async () => {
    pair();
    expect((await run(`${MQTT}${SCOOTER}[serial]\nserial_port = "COM3"\n`, 'config', 'check')).code).toBe(0);
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
