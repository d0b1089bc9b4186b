import { spawn, execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ClassicLevel } from 'classic-level';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createLogger } from '../log.ts';
import type { Bounds } from './bounds.ts';
import { diskRoom } from './disk-room.ts';
import { openLayout } from './layout.ts';
import { openOutbox, type OpenedOutbox } from './open.ts';
import { Outbox } from './outbox.ts';

const ROOMY: Bounds = { maxCount: 10_000, maxBytes: 1e9, maxAgeMs: 1e12, whenFull: 'drop-oldest' };
const OPTIONS = { bounds: ROOMY, now: () => ({ atMs: 0, wallMs: 0, clockSynced: false }) };
/** As long as a sample, and nothing that a compression could make small. */
const PAYLOAD_BYTES = 600;
/** Samples of each of the three starts in the base store. */
const PER_START = 30;
const PRLIMIT = '/usr/bin/prlimit';

let root: string;
let folder: string;
let path: string;
let lines: { level: number; msg: string; lostBytes?: number; aside?: string }[];
const closing: OpenedOutbox[] = [];

beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'martinete-outbox-'));
});
beforeEach(() => {
  folder = mkdtempSync(join(root, 'test-'));
  path = join(folder, 'outbox');
  lines = [];
});
afterEach(async () => {
  for (const opened of closing.splice(0)) await opened.close();
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

async function open(bootId: string, at = path): Promise<Outbox> {
  const sink = { write: (line: string) => lines.push(JSON.parse(line) as (typeof lines)[number]) };
  const log = createLogger({ level: 'debug', format: 'json', sink });
  const opened = await openOutbox({ ...OPTIONS, bootId, room: diskRoom, path: at, log });
  closing.push(opened);
  return opened.outbox;
}

async function close(): Promise<void> {
  await closing.pop()?.close();
}

const payloadsOf = async (outbox: Outbox): Promise<string[]> =>
  (await outbox.next(10_000)).map(({ payload }) => payload);

const said = (): string => lines.map(({ msg }) => msg).join('\n');
const isLoud = (): boolean => lines.some(({ level }) => level >= 50);

/** A new sample is stored, and found by the next start behind everything else: it is a store like any other. */
async function expectToWork(outbox: Outbox): Promise<void> {
  const before = await payloadsOf(outbox);
  await outbox.append(() => 'new');
  await close();
  expect(await payloadsOf(await open('next'))).toEqual([...before, 'new']);
}

describe('a store with files of every kind', () => {
  /** All payloads in order; the last of them are in the log, the others in tables. */
  let payloads: string[];
  let base: string;
  const inLog = PER_START;

  beforeAll(async () => {
    payloads = [];
    base = join(root, 'base');
    for (const bootId of ['a', 'b', 'c']) {
      const store = new ClassicLevel(base);
      await store.open();
      const outbox = await Outbox.open(store, { ...OPTIONS, bootId });
      for (let count = 0; count < PER_START; count++) {
        const payload = JSON.stringify({
          bootId,
          count,
          noise: randomBytes(PAYLOAD_BYTES / 2).toString('hex'),
        });
        payloads.push(payload);
        await outbox.append(() => payload);
        // Makes tables of the log, of which the manifest takes note.
        if (count % 10 === 9 && bootId === 'b') await store.compactRange('!', '~');
      }
      await outbox.close();
    }
  });

  const KINDS = {
    manifest: /^MANIFEST-/,
    current: /^CURRENT$/,
    log: /\.log$/,
    table: /\.ldb$/,
  } as const;

  const change =
    (act: (bytes: Buffer) => Buffer) =>
    (file: string): void =>
      writeFileSync(file, act(readFileSync(file)));

  const DAMAGES: Record<string, (file: string) => void> = {
    'is missing': (file) => rmSync(file),
    'is empty': change(() => Buffer.alloc(0)),
    'is cut to half': change((bytes) => bytes.subarray(0, bytes.length / 2)),
    'lacks its last byte': change((bytes) => bytes.subarray(0, -1)),
    'is all zeros': change((bytes) => Buffer.alloc(bytes.length)),
    'begins with zeros': change((bytes) => Buffer.from(bytes).fill(0, 0, 64)),
    'ends with zeros': change((bytes) => Buffer.from(bytes).fill(0, Math.max(0, bytes.length - 64))),
    'has a bit tipped over': change((bytes) => {
      const at = Math.floor(bytes.length / 3);
      bytes.writeUInt8((bytes[at] ?? 0) ^ 1, at);
      return bytes;
    }),
    'is garbled in the middle': change((bytes) => {
      const middle = Math.floor(bytes.length / 2);
      return Buffer.from(bytes).fill(randomBytes(16), middle, Math.min(bytes.length, middle + 16));
    }),
    'is noise': change((bytes) => randomBytes(bytes.length)),
    'is a folder': (file) => {
      rmSync(file);
      mkdirSync(file);
    },
  };

  const CASES = Object.keys(KINDS).flatMap((kind) =>
    Object.keys(DAMAGES).map((damage) => ({ kind: kind as keyof typeof KINDS, damage })),
  );

  it.each(CASES)('opens although its $kind $damage', async ({ kind, damage }) => {
    cpSync(base, path, { recursive: true });
    const [file] = readdirSync(path).filter((name) => KINDS[kind].test(name));
    DAMAGES[damage]?.(join(path, file ?? expect.fail()));

    const outbox = await open('now');
    const survivors = await payloadsOf(outbox);
    console.log(
      kind,
      damage,
      survivors.length,
      lines.map(({ msg, lostBytes }) => msg + (lostBytes ?? '')),
    );
    expect(survivors, 'in order, and byte for byte').toEqual(
      payloads.filter((payload) => survivors.includes(payload)),
    );
    await expectToWork(outbox);
  });

  it('x', () => {
    console.log(readdirSync(base), inLog, isLoud(), said());
  });
});
