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
/** Beside the outbox that the configuration names. */
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

/** Runs one command line; what it says, and its exit code. */
async function run(
  args: readonly string[],
  platform: Partial<Platform> = {},
): Promise<{ code: number; out: string; log: string }> {
  const said = { out: '', log: '' };
  const out = { write: (text: string) => (said.out += text) };
  const log = { write: (text: string) => (said.log += text) };
  const { signal } = new AbortController();
  const code = await main(
    [...args, '--config', config],
    { ...systemPlatform, ...platform, out, log },
    signal,
  );
  return { code, ...said };
}

/** Where it is known whether a client runs, or not known. */
const whereRuns = (isRunning: boolean | undefined): Partial<Platform> => ({
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
    expect(decodePause(diskPauseFiles.read(file) ?? '')).toEqual({ fromMs: NOW, untilMs: NOW + ms });
  });

  it.each(['0', '-5m', '24.1h', '86401', '10d', '10 m', 'm', '', '1h30m', 'NaN', '1e3', 'forever'])(
    'of "%s" is wrong usage, and leaves nothing behind',
    async (duration) => {
      const { code, out, log } = await run(['pause', duration]);
      expect([code, out]).toEqual([64, '']);
      expect(log).toMatch(/error:/);
      expect(readdirSync(join(folder, 'state'))).toEqual([]);
    },
  );

  it('says until when in local time, how to end it, and whether anybody listens', async () => {
    const until = 'until 08:10:00; `martinete resume` ends that early.\n';
    const said = async (isRunning?: boolean): Promise<string> =>
      (await run(['pause', '10m'], whereRuns(isRunning))).out;
    expect(await said(true)).toBe(`The client lets go of the scooter, and leaves it alone ${until}`);
    expect(await said(false)).toBe(
      `No client runs just now: one that starts leaves the scooter alone ${until}`,
    );
    expect(await said()).toBe(`The client leaves the scooter alone ${until}`);
    expect((await run(['pause', '23h'])).out).toContain('until 07:00:00 tomorrow;');
  });

  it('can be read by a client that runs as another user', async () => {
    const umask = process.umask(0o077);
    await run(['pause', '10m']).finally(() => process.umask(umask));
    expect(statSync(file).mode & 0o777).toBe(0o644);
    expect(readdirSync(join(folder, 'state'))).toEqual(['outbox.pause']);
  });

  it('before the first start of the client is refused, and makes no folder that the client could not write into', async () => {
    rmSync(join(folder, 'state'), { recursive: true });
    const { code, out, log } = await run(['pause', '10m']);
    expect([code, out]).toEqual([78, '']);
    expect(log).toContain(`there is no ${folder}/state`);
    expect(readdirSync(folder)).toEqual(['martinete.toml']);
  });

  it('that finds no place to write ends with 78 and advice', async () => {
    rmSync(join(folder, 'state'), { recursive: true });
    writeFileSync(join(folder, 'state'), 'no folder');
    const { code, out, log } = await run(['pause', '10m']);
    expect([code, out]).toEqual([78, '']);
    expect(log).toMatch(/^martinete: No word can be left for the client: E.*\[outbox\] path/);
  });

  it('needs a configuration, which says where', async () => {
    rmSync(config);
    expect((await run(['pause', '10m'])).code).toBe(78);
    expect((await run(['resume'])).code).toBe(78);
  });
});

describe('the end of a pause', () => {
  it.each([
    [true, 'The pause is over: the client searches for the scooter again.\n'],
    [false, 'The pause is over, but no client runs just now.\n'],
    [undefined, 'The pause is over.\n'],
  ])('takes it back (a client runs: %s)', async (isRunning, out) => {
    await run(['pause', '10m']);
    expect(await run(['resume'], whereRuns(isRunning))).toEqual({ code: 0, out, log: '' });
    expect(existsSync(file)).toBe(false);
  });

  it('is an answer, too, where there is none', async () => {
    expect(await run(['resume'])).toEqual({ code: 0, out: 'There is no pause.\n', log: '' });
    expect(readdirSync(join(folder, 'state'))).toEqual([]);
  });

  it('that the file system does not allow ends with 78 and advice', async () => {
    mkdirSync(file, { recursive: true });
    const { code, out, log } = await run(['resume']);
    expect([code, out]).toEqual([78, '']);
    expect(log).toMatch(/^martinete: No word can be left for the client: /);
  });

  it('takes away what nobody can read', async () => {
    await run(['pause', '10m']);
    writeFileSync(file, 'damaged');
    expect((await run(['resume'])).code).toBe(0);
    expect(existsSync(file)).toBe(false);
  });
});

it.runIf(existsSync('/proc/locks'))(
  'a client that runs is known by its outbox, without touching it',
  async () => {
    const path = join(folder, 'state/outbox');
    expect((await run(['pause', '10m'])).out).toContain('No client runs');
    const store = new ClassicLevel(path);
    await store.open();
    expect((await run(['pause', '10m'])).out).toContain('lets go');
    await store.close();
    const left = readdirSync(path).toSorted();
    expect((await run(['pause', '10m'])).out).toContain('No client runs');
    expect(readdirSync(path).toSorted()).toEqual(left);
  },
);
