import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ClassicLevel } from 'classic-level';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { main } from '../cli.ts';
import { systemPlatform, type Platform } from '../platform.ts';
import { decodePause } from '../pause/pause.ts';
import { diskPauseFiles } from '../pause/pause-files.ts';

const NOW = Date.parse('2026-05-04T08:00:00Z');

let folder: string;
let config: string;
/** The pause file, next to the outbox of the configuration. */
let file: string;
beforeEach(() => {
  vi.useFakeTimers({ now: NOW, toFake: ['Date'] });
  folder = mkdtempSync(join(tmpdir(), 'martinete-pause-'));
  config = join(folder, 'martinete.toml');
  file = join(folder, 'state/outbox.pause');
  configure('state/outbox');
  mkdirSync(join(folder, 'state'));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
  vi.useRealTimers();
});

function configure(outbox: string): void {
  writeFileSync(
    config,
    '[mqtt]\nbroker = "tcp://127.0.0.1:1"\ntopic = "vehicle/1/realtime"\n' +
      `[scooter]\nmac = "c8f09e000001"\n[outbox]\npath = "${outbox}"\n`,
  );
}

/** Runs one command line; returns its output and exit code. */
async function run(
  args: readonly string[],
  platform: Partial<Platform> = {},
): Promise<{ code: number; out: string; log: string }> {
  const output = { out: '', log: '' };
  const out = { write: (text: string) => (output.out += text) };
  const log = { write: (text: string) => (output.log += text) };
  const { signal } = new AbortController();
  const code = await main(
    [...args, '--config', config],
    { ...systemPlatform, ...platform, out, log },
    signal,
  );
  return { code, ...output };
}

/** A platform on which a client is running or not, or that cannot tell. */
const withClient = (isRunning: boolean | undefined): Partial<Platform> => ({
  stores: { ...systemPlatform.stores, isOpen: () => isRunning },
});

describe('a pause', () => {
  it.each([
    ['10m', 600_000],
    ['90s', 90_000],
    ['90', 90_000],
    ['1.5m', 90_000],
    ['2h', 7_200_000],
    ['24h', 86_400_000],
    ['0.0001', 1],
  ])('of %s lasts that long', async (duration, ms) => {
    expect((await run(['pause', duration])).code).toBe(0);
    expect(decodePause(diskPauseFiles.read(file) ?? '')).toEqual({
      fromMs: NOW,
      untilMs: NOW + ms,
      uptime: { boot: expect.any(String) as string, ms: expect.any(Number) as number },
    });
  });

  it.each(['0', '-5m', '24.1h', '86401', '10d', '10 m', 'm', '', '1h30m', 'NaN', '1e3', 'forever'])(
    'of "%s" is a usage error, and writes no file',
    async (duration) => {
      const { code, out, log } = await run(['pause', duration]);
      expect([code, out]).toEqual([64, '']);
      expect(log).toMatch(/^martinete: /);
      expect(readdirSync(join(folder, 'state'))).toEqual([]);
    },
  );

  it('prints its end in local time, how to end it early, and whether a client is running', async () => {
    const paused = 'Paused: not connecting to the scooter until 08:10:00.';
    const resume = 'To end the pause now: `martinete resume`.\n';
    const printed = async (isRunning?: boolean): Promise<string> =>
      (await run(['pause', '10m'], withClient(isRunning))).out;
    expect(await printed(true)).toBe(`${paused} ${resume}`);
    expect(await printed(false)).toBe(
      `${paused} No client is running: the pause applies to the next one. ${resume}`,
    );
    expect(await printed()).toBe(`${paused} ${resume}`);
    expect((await run(['pause', '23h'])).out).toContain('until 07:00:00 tomorrow.');
  });

  it('can be read by a client that runs as another user', async () => {
    const umask = process.umask(0o077);
    await run(['pause', '10m']).finally(() => process.umask(umask));
    expect(statSync(file).mode & 0o777).toBe(0o644);
    expect(readdirSync(join(folder, 'state'))).toEqual(['outbox.pause']);
  });

  it('before the first start of the client is rejected, and creates no folder (it would belong to the wrong user)', async () => {
    rmSync(join(folder, 'state'), { recursive: true });
    const { code, out, log } = await run(['pause', '10m']);
    expect([code, out]).toEqual([78, '']);
    expect(log).toContain(`there is no ${folder}/state`);
    expect(readdirSync(folder)).toEqual(['martinete.toml']);
  });

  it('exits with 78 and advice if the file cannot be written', async () => {
    rmSync(join(folder, 'state'), { recursive: true });
    writeFileSync(join(folder, 'state'), 'not a directory');
    const { code, out, log } = await run(['pause', '10m']);
    expect([code, out]).toEqual([78, '']);
    expect(log).toMatch(/^martinete: Cannot write the pause file: E.*\[outbox\] path/);
  });

  it('needs a configuration', async () => {
    rmSync(config);
    expect((await run(['pause', '10m'])).code).toBe(78);
    expect((await run(['resume'])).code).toBe(78);
  });
});

describe('resume', () => {
  it.each([
    [true, 'Resumed: searching for the scooter again.\n'],
    [false, 'Resumed, but no client is running: start it with `martinete run`.\n'],
    [undefined, 'Resumed.\n'],
  ])('removes the pause file (a client is running: %s)', async (isRunning, out) => {
    await run(['pause', '10m']);
    expect(await run(['resume'], withClient(isRunning))).toEqual({ code: 0, out, log: '' });
    expect(existsSync(file)).toBe(false);
  });

  it('succeeds if the client is not paused', async () => {
    expect(await run(['resume'])).toEqual({
      code: 0,
      out: 'Not paused: there is nothing to resume.\n',
      log: '',
    });
    expect(readdirSync(join(folder, 'state'))).toEqual([]);
  });

  it('exits with 78 and advice if it cannot remove the pause file', async () => {
    mkdirSync(file, { recursive: true });
    const { code, out, log } = await run(['resume']);
    expect([code, out]).toEqual([78, '']);
    expect(log).toMatch(/^martinete: Cannot remove the pause file: /);
  });

  it('removes a damaged file', async () => {
    await run(['pause', '10m']);
    writeFileSync(file, 'damaged');
    expect((await run(['resume'])).code).toBe(0);
    expect(existsSync(file)).toBe(false);
  });
});

it.runIf(existsSync('/proc/locks'))(
  'a running client is detected by the lock on its outbox, which stays unchanged',
  async () => {
    const path = join(folder, 'state/outbox');
    expect((await run(['pause', '10m'])).out).toContain('No client is running');
    const store = new ClassicLevel(path);
    await store.open();
    expect((await run(['pause', '10m'])).out).not.toContain('No client');
    await store.close();
    const left = readdirSync(path).toSorted();
    expect((await run(['pause', '10m'])).out).toContain('No client is running');
    expect(readdirSync(path).toSorted()).toEqual(left);
  },
);
