import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { ClassicLevel } from 'classic-level';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createLogger } from '../../log.ts';
import { diskPauseFiles } from '../../pause/pause-files.ts';
import { pausePath } from '../../pause/pause.ts';
import { inspectOutbox } from './inspection.ts';
import { Outbox } from '../outbox.ts';
import type { Bounds } from '../retention.ts';
import { droppedRanges, waiting } from '../testing/waiting.ts';
import { diskStores } from './disk-stores.ts';
import { tablesOf } from './tables.ts';
import { once } from '../../../hci/testing/deadline.ts';

const ROOMY: Bounds = { maxCount: 10_000, maxBytes: 1e9, maxAgeMs: 1e12, whenFull: 'drop-oldest' };
/** Command that sets resource limits of a process on Linux. */
const PRLIMIT = '/usr/bin/prlimit';
const IS_ROOT = process.getuid?.() === 0;
const NOBODY = 65_534;
const PUBLIC_UMASK = 0o022;

interface Line {
  readonly msg: string;
  readonly aside?: string;
}

let folder: string;
let path: string;
let lines: Line[];
let opened: Outbox[];
let umask: number;
beforeEach(() => {
  umask = process.umask(PUBLIC_UMASK);
  folder = mkdtempSync(join(tmpdir(), 'martinete-disk-'));
  path = join(folder, 'state', 'outbox');
  lines = [];
  opened = [];
});
afterEach(async () => {
  for (const outbox of opened) await outbox.close();
  rmSync(folder, { recursive: true });
  process.umask(umask);
});

function begin(bootId: string, at = path): Outbox {
  const sink = { write: (line: string) => lines.push(JSON.parse(line) as Line) };
  const outbox = Outbox.start({
    bootId,
    bounds: ROOMY,
    now: () => ({ atMs: 0, wallMs: 0, clockSynced: false }),
    stores: diskStores,
    path: at,
    log: createLogger({ level: 'info', format: 'json', sink }),
  });
  opened.push(outbox);
  return outbox;
}

async function open(bootId: string, at = path): Promise<Outbox> {
  const outbox = begin(bootId, at);
  await outbox.settled();
  return outbox;
}

async function close(): Promise<void> {
  await opened.pop()?.close();
}

async function append(outbox: Outbox, count: number): Promise<void> {
  for (let left = count; left > 0; left--) void outbox.append(({ bootId, seq }) => `${bootId}${seq}`);
  await outbox.settled();
}

/** Stores samples in an earlier process. */
async function leave(bootId: string, count: number): Promise<void> {
  await append(await open(bootId), count);
  await close();
}

async function all(texts: AsyncIterable<string>): Promise<string[]> {
  const list: string[] = [];
  for await (const text of texts) list.push(text);
  return list;
}

const payloadsOf = async (outbox: Outbox): Promise<string> =>
  (await waiting(outbox)).map(({ payload }) => payload).join(' ');
const logged = (): string => lines.map(({ msg }) => msg).join('\n');
const modeOf = (file: string): number => lstatSync(file).mode & 0o777;
const range = (bootId: string, from: number, to: number): string =>
  Array.from({ length: to - from + 1 }, (_, index) => `${bootId}${from + index}`).join(' ');

describe('an outbox on disk', () => {
  it('is complete after every restart, without log messages', async () => {
    for (const bootId of ['a', 'b', 'c', 'd', 'e', 'f']) await leave(bootId, 2);
    expect(await payloadsOf(await open('g'))).toBe('a1 a2 b1 b2 c1 c2 d1 d2 e1 e2 f1 f2');
    expect(lines).toEqual([]);
  });

  it('that another process has open stops the second process with advice', async () => {
    await leave('a', 0);
    const holder = await hold(path);
    try {
      expect(() => begin('b')).toThrow(/systemctl stop martinete/);
      await expect(inspectOutbox(diskStores, path)).rejects.toMatchObject({ code: 'already_running' });
      const blind = { ...diskStores, isOpen: () => undefined };
      const outbox = Outbox.start({ ...optionsOf('b'), stores: blind });
      opened.push(outbox);
      await outbox.settled();
      expect(outbox.failed.reason).toMatchObject({ code: 'already_running' });
    } finally {
      holder.kill('SIGKILL');
      await once(holder, 'exit');
    }
    await append(await open('c'), 1);
    expect(lines).toEqual([]);
  });

  it('is not counted as closed by another process that cannot open it', async () => {
    await leave('a', 0);
    const holder = await hold(path);
    try {
      diskStores.markInUse(path);
      const outbox = Outbox.start({ ...optionsOf('b'), stores: { ...diskStores, isOpen: () => undefined } });
      opened.push(outbox);
      await outbox.settled();
      expect(outbox.failed.aborted).toBe(true);
      await close();
      expect(diskStores.markInUse(path)).toBe(1);
    } finally {
      holder.kill('SIGKILL');
      await once(holder, 'exit');
    }
  });

  it('that a later version has written is set aside unchanged, and a new one created', async () => {
    await leave('a', 3);
    const later = await ready(new ClassicLevel(path));
    await tablesOf(later).meta.put('version', 99);
    const before = await later.iterator().all();
    await later.close();
    const outbox = await open('b');
    await append(outbox, 1);
    expect(await payloadsOf(outbox)).toBe('b1');
    const aside = lines.find((line) => line.aside)?.aside ?? expect.fail();
    const untouched = await ready(new ClassicLevel(aside));
    expect(await untouched.iterator().all()).toEqual(before);
    await untouched.close();
    expect(logged()).not.toContain('repaired');
  });

  it('that is set aside repeatedly is kept three times, for export', async () => {
    for (const bootId of ['a', 'b', 'c', 'd', 'e']) {
      await leave(bootId, 1);
      diskStores.setAside(path);
      // Names have a resolution of 1 ms.
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
    const aside = diskStores.asideOf(path);
    expect(aside).toHaveLength(3);
    const texts: string[] = [];
    for (const old of aside) {
      const stored = await inspectOutbox(diskStores, old);
      texts.push(...(await all(stored.payloads(false))));
      await stored.close();
    }
    expect(texts).toEqual(['c1', 'd1', 'e1']);
  });
});

describe('an outbox with a trailing slash in its path', () => {
  it('is set aside beside its folder', async () => {
    await leave('a', 1);
    const aside = diskStores.setAside(`${path}/`);
    expect(dirname(aside)).toBe(dirname(path));
    expect(diskStores.asideOf(path)).toEqual([aside]);
  });
});

describe('an outbox that cannot be opened because of the system', () => {
  it.each([
    ...['EACCES', 'EPERM', 'EMFILE', 'ENOMEM', 'EIO'].map((code) => [code, 'Failed'] as const),
    ['LEVEL_IO_ERROR', 'IO error: LOCK: Permission denied'],
  ] as const)('is neither repaired nor set aside (%s: %s)', async (code, message) => {
    await leave('a', 3);
    const create = (): never => {
      throw Object.assign(new Error('Failed'), { cause: Object.assign(new Error(message), { code }) });
    };
    const repair = (): Promise<void> => expect.fail('repaired');
    const outbox = Outbox.start({ ...optionsOf('b'), stores: { ...diskStores, create, repair } });
    opened.push(outbox);
    await outbox.settled();
    await close();
    expect(diskStores.asideOf(path)).toEqual([]);
    expect(await payloadsOf(await open('c'))).toBe('a1 a2 a3');
  });

  it('is repaired if CURRENT is empty, as after a power cut', async () => {
    await leave('a', 3);
    writeFileSync(join(path, 'CURRENT'), '');
    expect(await payloadsOf(await open('b'))).toBe('a1 a2 a3');
    expect(logged()).toContain('repaired');
  });
});

describe('a process that is killed while it opens the outbox', () => {
  it('loses no samples, even repeatedly', async () => {
    await leave('a', 300);
    for (let count = 0; count < 6; count++) diskStores.markInUse(path);
    const outbox = await open('b');
    expect(await payloadsOf(outbox)).toBe(range('a', 1, 300));
    expect(lines).toEqual([]);
    expect(diskStores.asideOf(path)).toEqual([]);
  });
});

describe('opening a large outbox', () => {
  it('reads none of its samples', async () => {
    await leave('a', 5_000);
    const store = await ready(new ClassicLevel(path));
    const { samples } = tablesOf(store);
    const keys = await samples.keys().all();
    for (const key of keys.slice(0, 1_000)) await store.put(samples.prefixKey(key, 'utf8'), 'no sample');
    await store.close();
    const outbox = await open('b');
    expect(outbox.usage.count).toBe(5_000);
    expect(await waiting(outbox)).toHaveLength(4_000);
    expect(droppedRanges(outbox)).toEqual(['a 1-1000 disk']);
  });

  it('delays neither samples nor a stop', async () => {
    await leave('a', 5_000);
    const outbox = begin('b');
    void outbox.append(() => 'new');
    expect((await waiting(outbox)).map(({ payload }) => payload)).toEqual(['new']);
    const beganMs = performance.now();
    await outbox.close();
    expect(performance.now() - beganMs).toBeLessThan(1_100);
    expect(await waiting(await open('c'))).toHaveLength(5_001);
  });
});

describe('samples are buffered in memory, and the log says so,', () => {
  async function expectMemory(at: string): Promise<void> {
    const outbox = await open('a', at);
    await append(outbox, 3);
    expect(await payloadsOf(outbox)).toBe('a1 a2 a3');
    expect(logged()).toMatch(/^outbox unavailable, buffering samples in memory/);
    expect(logged()).not.toContain('set aside');
  }

  it('if the path is a file, which stays unchanged', async () => {
    path = join(folder, 'file');
    writeFileSync(path, 'mine');
    await expectMemory(path);
    expect(readFileSync(path, 'utf8')).toBe('mine');
  });

  it('if the parent folder is a file, which stays unchanged', async () => {
    writeFileSync(join(folder, 'file'), 'mine');
    await expectMemory(join(folder, 'file', 'outbox'));
    expect(readFileSync(join(folder, 'file'), 'utf8')).toBe('mine');
  });

  it.runIf(process.platform === 'linux')('if the folder cannot be created', () =>
    expectMemory('/proc/martinete/outbox'),
  );

  it.skipIf(IS_ROOT)('if the folder is not writable', async () => {
    mkdirSync(join(folder, 'state'), { mode: 0o555 });
    await expectMemory(path);
    chmodSync(join(folder, 'state'), 0o755);
  });
});

describe.runIf(existsSync(PRLIMIT))('a full disk', () => {
  afterEach(() => limitFileSize('unlimited'));

  it('loses no samples while it is full or afterwards', async () => {
    const outbox = await open('a');
    await append(outbox, 20);
    limitFileSize(fileSize(/\.log$/) + 10);
    await append(outbox, 3);
    for (const entry of await waiting(outbox, 5)) outbox.release(entry);
    await append(outbox, 3);
    expect(await payloadsOf(outbox)).toBe(range('a', 6, 26));
    limitFileSize('unlimited');
    await append(outbox, 4);
    expect(await payloadsOf(outbox)).toBe(range('a', 6, 30));
    await close();
    expect(lines).toHaveLength(2);
    const next = await open('b');
    expect(await payloadsOf(next)).toBe(range('a', 6, 30));
    expect(next.ledger.totals).toEqual({});
  });

  it('at the start keeps the stored samples, and is used as soon as space is available', async () => {
    await leave('a', 3);
    limitFileSize(10);
    const outbox = await open('b');
    await append(outbox, 2);
    expect(await payloadsOf(outbox)).toBe('b1 b2');
    const [first] = await waiting(outbox, 1);
    limitFileSize('unlimited');
    await append(outbox, 1);
    outbox.release(first ?? expect.fail());
    expect(await payloadsOf(outbox)).toBe('a1 a2 a3 b2 b3');
    expect(logged()).toMatch(/^outbox unavailable.*\noutbox available again/);
    await close();
    expect(await payloadsOf(await open('c'))).toBe('a1 a2 a3 b2 b3');
  });

  /** Limits the size of files of this process; writes beyond it fail, even for root. */
  function limitFileSize(bytes: number | 'unlimited'): void {
    execFileSync(PRLIMIT, ['--pid', String(process.pid), `--fsize=${bytes}:`]);
  }

  function fileSize(name: RegExp): number {
    const [file = ''] = readdirSync(path).filter((other) => name.test(other));
    return statSync(join(path, file)).size;
  }
});

describe('the files of an outbox', () => {
  const modes = (): number[] => readdirSync(path).map((name) => modeOf(join(path, name)));

  it('are accessible only to their owner, unlike the folder with the pause file', async () => {
    await leave('a', 3);
    await append(await open('b'), 3);
    expect(modeOf(path)).toBe(0o700);
    expect(new Set(modes())).toEqual(new Set([0o600]));
    expect(modeOf(dirname(path))).toBe(0o755);
    diskPauseFiles.write(pausePath(path), 'text');
    expect(modeOf(pausePath(path))).toBe(0o644);
  });

  it('that an earlier version made accessible to everyone are restricted when it is opened', async () => {
    await leave('a', 3);
    chmodSync(path, 0o755);
    for (const name of readdirSync(path)) chmodSync(join(path, name), 0o644);
    await open('b');
    expect(modeOf(path)).toBe(0o700);
    expect(new Set(modes())).toEqual(new Set([0o600]));
  });

  it('are not written through symbolic links', async () => {
    await leave('a', 3);
    const victim = join(folder, 'victim');
    writeFileSync(victim, 'mine');
    chmodSync(victim, 0o644);
    for (const name of ['probe', 'opening']) symlinkSync(victim, join(path, name));
    await diskStores.probe(path);
    await append(await open('b'), 1);
    await close();
    expect([readFileSync(victim, 'utf8'), modeOf(victim)]).toEqual(['mine', 0o644]);
  });

  it('do not lock a file behind a symbolic link', async () => {
    await leave('a', 3);
    const victim = join(folder, 'victim');
    rmSync(join(path, 'LOCK'));
    symlinkSync(victim, join(path, 'LOCK'));
    expect(() => diskStores.create(path)).toThrow(/ELOOP/);
    expect(existsSync(victim)).toBe(false);
  });

  it.runIf(IS_ROOT)('belong to the owner of the folder if root creates them', async () => {
    mkdirSync(dirname(path));
    chownSync(dirname(path), NOBODY, NOBODY);
    await leave('a', 3);
    diskPauseFiles.write(pausePath(path), 'text');
    const files = [path, pausePath(path), ...readdirSync(path).map((name) => join(path, name))];
    expect(files.map((file) => statSync(file).uid)).toEqual(files.map(() => NOBODY));
  });
});

describe('inspecting the outbox', () => {
  it('reports number and times of undelivered samples, and what was dropped', async () => {
    const outbox = await open('a');
    await append(outbox, 5);
    const [first, second] = await waiting(outbox, 2);
    outbox.quarantine(first ?? expect.fail());
    outbox.release(second ?? expect.fail());
    await close();
    const stored = await inspectOutbox(diskStores, path);
    expect(await stored.status()).toEqual({
      count: 3,
      bytes: 6,
      oldest: '1970-01-01T00:00:00.000Z',
      newest: '1970-01-01T00:00:00.000Z',
      unreadable: 0,
      aside: 1,
      dropped: { refused: 1 },
      storesAside: [],
    });
    expect(await all(stored.payloads(false))).toEqual(['a3', 'a4', 'a5']);
    expect(await all(stored.payloads(true))).toEqual(['a1']);
    await stored.close();
  });

  it('does not change it', async () => {
    await leave('a', 300);
    const state = (): string[] =>
      readdirSync(path).map((name) => {
        const { ino, size, mtimeMs, ctimeMs, uid, mode } = statSync(join(path, name));
        return [name, ino, size, mtimeMs, ctimeMs, uid, mode].join(' ');
      });
    const before = state();
    const stored = await inspectOutbox(diskStores, path);
    expect(await all(stored.payloads(false))).toHaveLength(300);
    await stored.close();
    expect(state()).toEqual(before);
    expect(await waiting(await open('b'))).toHaveLength(300);
  });

  it('leaves no files behind if the process exits while reading', async () => {
    await leave('a', 3);
    const before = process.listeners('exit');
    const copy = diskStores.copy(path);
    for (const listener of process.listeners('exit')) if (!before.includes(listener)) listener(130);
    expect(existsSync(copy.path)).toBe(false);
    copy.remove();
    expect(process.listeners('exit')).toEqual(before);
  });

  it('fails if there is none, and creates none', async () => {
    await expect(inspectOutbox(diskStores, path)).rejects.toMatchObject({ code: 'config' });
    expect(existsSync(path)).toBe(false);
  });
});

function optionsOf(bootId: string): Parameters<typeof Outbox.start>[0] {
  const log = createLogger({ level: 'silent', format: 'json', sink: { write: () => undefined } });
  const now = { atMs: 0, wallMs: 0, clockSynced: false };
  return { bootId, bounds: ROOMY, now: () => now, stores: diskStores, path, log };
}

async function ready(store: ClassicLevel): Promise<ClassicLevel> {
  await store.open();
  return store;
}

/** Starts a process that has a store open until it is killed. */
async function hold(at: string): Promise<ChildProcess> {
  const script = `
    const { ClassicLevel } = require('classic-level');
    new ClassicLevel(process.argv[1]).open().then(() => console.log('open'));
    setInterval(() => undefined, 1000);`;
  const child = spawn(process.execPath, ['-e', script, at], { stdio: ['ignore', 'pipe', 'inherit'] });
  await once(child.stdout, 'data');
  return child;
}
