import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ClassicLevel } from 'classic-level';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createLogger } from '../log.ts';
import type { Bounds } from './bounds.ts';
import { diskRoom } from './disk-room.ts';
import { inspectOutbox } from './inspect.ts';
import { openLayout } from './layout.ts';
import { openOutbox, type OpenedOutbox } from './open.ts';
import type { Outbox } from './outbox.ts';

const ROOMY: Bounds = { maxCount: 10_000, maxBytes: 1e9, maxAgeMs: 1e12, whenFull: 'drop-oldest' };
/** Of pino. */
const LOUD = 50;
/** Longer than an outbox in memory waits for its next look at the disk. */
const A_WHILE_MS = 5_000;
/** Sets limits of a process on Linux. */
const PRLIMIT = '/usr/bin/prlimit';

interface Line {
  readonly level: number;
  readonly msg: string;
  readonly aside?: string;
}

let folder: string;
let path: string;
let lines: Line[];
let opened: OpenedOutbox[];
let atMs: number;
beforeEach(() => {
  atMs = 0;
  folder = mkdtempSync(join(tmpdir(), 'martinete-open-'));
  path = join(folder, 'state', 'outbox');
  lines = [];
  opened = [];
});
afterEach(async () => {
  for (const { close } of opened) await close();
  rmSync(folder, { recursive: true });
});

async function all(texts: AsyncIterable<string>): Promise<string[]> {
  const list: string[] = [];
  for await (const text of texts) list.push(text);
  return list;
}

async function open(bootId: string, at = path, bounds = ROOMY): Promise<Outbox> {
  const sink = { write: (line: string) => lines.push(JSON.parse(line) as Line) };
  const one = await openOutbox({
    bootId,
    bounds,
    now: () => ({ atMs, wallMs: 0, clockSynced: false }),
    room: diskRoom,
    path: at,
    log: createLogger({ level: 'debug', format: 'json', sink }),
  });
  opened.push(one);
  return one.outbox;
}

async function close(): Promise<void> {
  await opened.pop()?.close();
}

async function appendMany(outbox: Outbox, count: number): Promise<void> {
  for (let left = count; left > 0; left--) await outbox.append(({ bootId, seq }) => `${bootId}${seq}`);
}

const payloadsOf = async (outbox: Outbox): Promise<string[]> =>
  (await outbox.next(10_000)).map(({ payload }) => payload);

const said = (): string => lines.map(({ msg }) => msg).join('\n');

describe('an outbox on the disk', () => {
  it('is there again after every restart, and nothing is said about it', async () => {
    for (const bootId of ['a', 'b', 'c', 'd', 'e', 'f']) {
      await appendMany(await open(bootId), 2);
      await close();
    }
    const outbox = await open('g');
    expect((await payloadsOf(outbox)).join(' ')).toBe('a1 a2 b1 b2 c1 c2 d1 d2 e1 e2 f1 f2');
    expect(lines).toEqual([]);
  });

  it('that another process has open ends the second one with advice', async () => {
    await open('a');
    await close();
    const holder = await hold(path);
    try {
      await expect(open('b')).rejects.toMatchObject({
        name: 'ClientError',
        code: 'already_running',
        message: expect.stringContaining('systemctl stop martinete') as string,
      });
      await expect(inspectOutbox(diskRoom, path)).rejects.toMatchObject({ code: 'already_running' });
    } finally {
      holder.kill('SIGKILL');
      await once(holder, 'exit');
    }
    await appendMany(await open('c'), 1);
    expect(lines).toEqual([]);
  });

  it('that a later version has written is set aside, untouched, and a new one begun', async () => {
    await appendMany(await open('a'), 3);
    await close();
    const later = new ClassicLevel(path);
    const { meta } = await openLayout(await ready(later));
    await meta.put('version', 99);
    const before = await later.iterator().all();
    await later.close();

    const outbox = await open('b');
    await appendMany(outbox, 1);
    expect(await payloadsOf(outbox)).toEqual(['b1']);
    const aside = lines.find((line) => line.aside)?.aside ?? expect.fail();
    const untouched = await ready(new ClassicLevel(aside));
    expect(await untouched.iterator().all()).toEqual(before);
    await untouched.close();
    expect(said()).toContain('set aside');
    expect(said()).not.toContain('repaired');
  });
});

describe('samples are kept in memory, loudly,', () => {
  async function expectMemory(at: string): Promise<void> {
    const outbox = await open('a', at);
    await appendMany(outbox, 3);
    expect(await payloadsOf(outbox)).toEqual(['a1', 'a2', 'a3']);
    expect(said()).toContain('kept in memory');
    expect(lines.at(-1)?.level).toBe(LOUD);
    expect(said()).not.toContain('set aside');
  }

  it('where a file is in the way, which is left alone', async () => {
    path = join(folder, 'file');
    writeFileSync(path, 'mine');
    await expectMemory(path);
    expect(readFileSync(path, 'utf8')).toBe('mine');
  });

  it('where a file is in the way of the folder above, which is left alone', async () => {
    writeFileSync(join(folder, 'file'), 'mine');
    await expectMemory(join(folder, 'file', 'outbox'));
    expect(readFileSync(join(folder, 'file'), 'utf8')).toBe('mine');
  });

  it.runIf(process.platform === 'linux')('where nobody can make a folder', () =>
    expectMemory('/proc/martinete/outbox'),
  );

  it.skipIf(process.getuid?.() === 0)('where the folder is not to be written to', async () => {
    mkdirSync(join(folder, 'state'), { mode: 0o555 });
    await expectMemory(path);
    chmodSync(join(folder, 'state'), 0o755);
  });

  it('but not more of them than a small machine can bear', async () => {
    writeFileSync(join(folder, 'file'), '');
    const outbox = await open('a', join(folder, 'file'));
    for (let count = 0; count < 20; count++) await outbox.append(() => '.'.repeat(1_000_000));
    expect(outbox.fill.bytes).toBe(16_000_000);
    expect(outbox.ledger.totals).toEqual({ bytes: 4 });
  });
});

describe.runIf(existsSync(PRLIMIT))('a disk without room', () => {
  afterEach(() => limitFileSize('unlimited'));

  it('costs the samples of that time, and no others, neither before nor behind them', async () => {
    const outbox = await open('a');
    await appendMany(outbox, 20);
    limitFileSize(fileSize(/\.log$/) + 10);
    for (let count = 0; count < 3; count++) await expect(appendMany(outbox, 1)).rejects.toThrow();
    const waiting = await outbox.next(5);
    await expect(outbox.remove(waiting)).rejects.toThrow();
    expect((await payloadsOf(outbox))[0]).toBe('a6');
    expect(outbox.ledger.ranges).toMatchObject([{ from: 21, to: 23, reason: 'disk' }]);

    limitFileSize('unlimited');
    await appendMany(outbox, 20);
    const expected = [...numbers(6, 20), ...numbers(24, 43)].map((seq) => `a${seq}`);
    expect(await payloadsOf(outbox)).toEqual(expected);
    await close();
    const next = await open('b');
    expect(await payloadsOf(next)).toEqual(expected);
    expect(next.ledger.ranges).toMatchObject([{ bootId: 'a', from: 21, to: 23, reason: 'disk' }]);
    expect(next.ledger.totals).toEqual({ disk: 3 });
    expect(lines).toEqual([]);
  });

  it('at the start leaves alone what is stored, and keeps samples in memory', async () => {
    await appendMany(await open('a'), 20);
    await close();
    limitFileSize(10);
    const makeshift = await open('b');
    await appendMany(makeshift, 1);
    expect(await payloadsOf(makeshift)).toEqual(['b1']);
    expect(said()).toContain('kept in memory');
    expect(said()).not.toMatch(/repaired|set aside/);
    await close();
    limitFileSize('unlimited');
    expect(await payloadsOf(await open('c'))).toEqual(numbers(1, 20).map((seq) => `a${seq}`));
  });

  it('at the start holds nothing up: its samples are stored as soon as there is room', async () => {
    await appendMany(await open('a'), 3);
    await close();
    limitFileSize(10);
    const outbox = await open('b');
    await appendMany(outbox, 2);
    const [first] = await outbox.next(1);
    limitFileSize('unlimited');
    atMs += A_WHILE_MS;
    await appendMany(outbox, 1);
    await outbox.remove([first ?? expect.fail()]);
    expect(await payloadsOf(outbox)).toEqual(['a1', 'a2', 'a3', 'b2', 'b3']);
    expect(said()).toMatch(/kept in memory[^]*stored on it$/);
    await close();
    expect(await payloadsOf(await open('c'))).toEqual(['a1', 'a2', 'a3', 'b2', 'b3']);
  });

  /** What no file of this process may exceed; a write beyond it fails, also for root. */
  function limitFileSize(bytes: number | 'unlimited'): void {
    execFileSync(PRLIMIT, ['--pid', String(process.pid), `--fsize=${bytes}:`]);
  }

  function fileSize(name: RegExp): number {
    const [file = ''] = readdirSync(path).filter((other) => name.test(other));
    return statSync(join(path, file)).size;
  }
});

describe('a look at the outbox', () => {
  it('tells what waits, since when, and what was dropped', async () => {
    const outbox = await open('a', path, { ...ROOMY, maxCount: 3 });
    await appendMany(outbox, 5);
    for (const entry of await outbox.next(1)) await outbox.setAside(entry);
    await close();
    const stored = await inspectOutbox(diskRoom, path);
    expect(await stored.status()).toEqual({
      count: 2,
      bytes: 4,
      oldest: '1970-01-01T00:00:00.000Z',
      newest: '1970-01-01T00:00:00.000Z',
      aside: 1,
      dropped: { count: 2, refused: 1 },
    });
    expect(await all(stored.payloads(false))).toEqual(['a4', 'a5']);
    expect(await all(stored.payloads(true))).toEqual(['a3']);
    await stored.close();
    expect(await payloadsOf(await open('b'))).toEqual(['a4', 'a5']);
  });

  it('says where there is none, and makes none', async () => {
    await expect(inspectOutbox(diskRoom, path)).rejects.toMatchObject({ code: 'config' });
    expect(existsSync(path)).toBe(false);
  });
});

const numbers = (from: number, to: number): number[] =>
  Array.from({ length: to - from + 1 }, (_, index) => from + index);

async function ready(store: ClassicLevel): Promise<ClassicLevel> {
  await store.open();
  return store;
}

/** Another process that has a store open until it is killed. */
async function hold(at: string): Promise<ChildProcess> {
  const script = `
    const { ClassicLevel } = require('classic-level');
    new ClassicLevel(process.argv[1]).open().then(() => console.log('open'));
    setInterval(() => undefined, 1000);`;
  const child = spawn(process.execPath, ['-e', script, at], { stdio: ['ignore', 'pipe', 'inherit'] });
  await once(child.stdout, 'data');
  return child;
}
