import {
  chmodSync,
  chownSync,
  linkSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createLogger } from '../../log.ts';
import { Outbox } from '../outbox.ts';
import { diskStores } from './disk-stores.ts';

const IS_ROOT = process.getuid?.() === 0;
const ROOT = 0;
const SERVICE = 65_534;
const OVER_A_MINUTE_MS = 61_000;
const PUBLIC_UMASK = 0o022;
/** Size of a sample after a few of which LevelDB begins new files. */
const BIG_BYTES = 400_000;

let folder: string;
let path: string;
let umask: number;
let messages: string[];
beforeEach(() => {
  umask = process.umask(PUBLIC_UMASK);
  folder = mkdtempSync(join(tmpdir(), 'martinete-private-'));
  chmodSync(folder, 0o755);
  path = join(folder, 'outbox');
  messages = [];
});
afterEach(() => {
  vi.useRealTimers();
  rmSync(folder, { recursive: true });
  process.umask(umask);
});

function start(bootId: string): Outbox {
  const sink = { write: (line: string) => messages.push((JSON.parse(line) as { msg: string }).msg) };
  return Outbox.start({
    bootId,
    bounds: { maxCount: 10_000, maxBytes: 1e9, maxAgeMs: 1e12, whenFull: 'drop-oldest' },
    now: () => ({ atMs: 0, wallMs: 0, clockSynced: false }),
    stores: diskStores,
    path,
    log: createLogger({ level: 'info', format: 'json', sink }),
  });
}

/** Stores samples in an earlier process. */
async function leave(bootId: string, count: number): Promise<void> {
  const outbox = start(bootId);
  for (let left = count; left > 0; left--) void outbox.append(({ seq }) => `${bootId}${seq}`);
  await outbox.settled();
  await outbox.close();
}

const filesIn = (at: string): string[] => readdirSync(at).map((name) => join(at, name));
const modeOf = (file: string): number => lstatSync(file).mode & 0o777;
const ownersOf = (at: string): Set<number> => new Set([at, ...filesIn(at)].map((file) => statSync(file).uid));

describe.runIf(IS_ROOT)('root, running the client of a service,', () => {
  it('leaves no files of its own, however late they were created', async () => {
    chownSync(folder, SERVICE, SERVICE);
    await leave('a', 10);
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const outbox = start('b');
    await outbox.settled();
    vi.advanceTimersByTime(OVER_A_MINUTE_MS);
    for (let count = 0; count < 30; count++) await outbox.append(() => `${'x'.repeat(BIG_BYTES)}${count}`);
    await outbox.close();
    expect(ownersOf(path)).toEqual(new Set([SERVICE]));
  });

  it('leaves the folder to the service if the parent folder belongs to root', async () => {
    mkdirSync(path);
    chownSync(path, SERVICE, SERVICE);
    await leave('a', 1);
    expect(ownersOf(path)).toEqual(new Set([SERVICE]));
  });

  it('gives away no file that is linked into the folder', async () => {
    chownSync(folder, SERVICE, SERVICE);
    await leave('a', 1);
    const victim = join(folder, 'victim');
    writeFileSync(victim, 'mine', { mode: 0o644 });
    linkSync(victim, join(path, '000099.log'));
    diskStores.create(path);
    expect([statSync(victim).uid, modeOf(victim)]).toEqual([ROOT, 0o644]);
  });

  it('costs the service no samples by files that the service cannot read', async () => {
    chownSync(folder, SERVICE, SERVICE);
    await leave('a', 10);
    for (const file of filesIn(path)) chownSync(file, ROOT, ROOT);
    process.seteuid?.(SERVICE);
    try {
      await leave('b', 1);
    } finally {
      process.seteuid?.(ROOT);
    }
    expect(messages[0]).toMatch(/^outbox unavailable/);
    expect(diskStores.asideOf(path)).toEqual([]);
    const outbox = start('c');
    await outbox.settled();
    expect(outbox.usage.count).toBe(10);
    await outbox.close();
  });
});

describe('a folder that is not the one of an outbox', () => {
  it('is left alone behind a symbolic link', () => {
    const other = join(folder, 'other');
    mkdirSync(other, { mode: 0o755 });
    for (const name of ['passwd', 'CURRENT']) writeFileSync(join(other, name), 'text', { mode: 0o644 });
    symlinkSync(other, path);
    expect(() => diskStores.create(path)).toThrow(/manifest/);
    expect(() => diskStores.create(`${path}/`)).toThrow(/manifest/);
    expect([other, join(other, 'passwd'), join(other, 'CURRENT')].map(modeOf)).toEqual([0o755, 0o644, 0o644]);
  });

  it('is refused with advice if it holds other files, which stay as they are', async () => {
    mkdirSync(path);
    writeFileSync(join(path, 'script.log'), 'text', { mode: 0o755 });
    expect(() => diskStores.create(path)).toThrow(/script\.log.*set \[outbox\] path to a directory/);
    await leave('a', 1);
    expect(messages[0]).toMatch(/^outbox unavailable/);
    expect([modeOf(path), modeOf(join(path, 'script.log'))]).toEqual([0o755, 0o755]);
    expect([readdirSync(path), readdirSync(folder)]).toEqual([['script.log'], ['outbox']]);
  });

  it('is used if it is the root of a file system', async () => {
    mkdirSync(join(path, 'lost+found'), { recursive: true });
    await leave('a', 1);
    expect(messages).toEqual([]);
    expect(diskStores.exists(path)).toBe(true);
  });
});

describe.runIf(process.platform === 'linux')('an open outbox', () => {
  it('stays locked for other processes after a minute', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const outbox = start('a');
    await outbox.settled();
    expect(diskStores.isOpen(path)).toBe(true);
    vi.advanceTimersByTime(OVER_A_MINUTE_MS);
    expect(diskStores.isOpen(path)).toBe(true);
    await outbox.close();
    expect(diskStores.isOpen(path)).toBe(false);
  });
});
