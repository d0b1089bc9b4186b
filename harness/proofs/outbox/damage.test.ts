import { fork } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ClassicLevel } from 'classic-level';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createLogger } from '../../../client/log.ts';
import { Outbox } from '../../../client/outbox/outbox.ts';
import { memoryStores } from '../../../client/outbox/testing/memory-stores.ts';
import type { DroppedRange } from '../../../client/outbox/stored-sample.ts';
import type { OpeningReport } from './testing/outbox-child.ts';
import { TYPESCRIPT_FLAGS } from '../../../typescript-loader/flags.ts';
import { once } from '../../../hci/testing/deadline.ts';

const CHILD = new URL('./testing/outbox-child.ts', import.meta.url);
/** At the third start, the store is checked in a child process. */
const MAX_STARTS = 3;

/** Process starts with samples in the store. */
const STARTS = ['a', 'b', 'c'] as const;
const SAMPLES_PER_START = 20;
/** Samples of the last start after which the log is compacted to tables, so that the manifest mentions them. */
const COMPACTIONS: readonly number[] = [8, 16];
const FILLER_BYTES = 600;
/** Minimum size of a log that LevelDB allows before it converts it to a table. */
const SMALL_LOG_BYTES = 65_536;

const OPTIONS = {
  bounds: { maxCount: 1_000, maxBytes: 1e9, maxAgeMs: 1e12, whenFull: 'drop-oldest' },
  now: () => ({ atMs: 0, wallMs: 0, clockSynced: false }),
} as const;

/** Returns reproducible pseudo-random bytes. */
function noise(seed: string, length: number): Buffer {
  const digests = Array.from({ length: Math.ceil(length / 32) }, (_, index) =>
    createHash('sha256').update(`${seed} ${index}`).digest(),
  );
  return Buffer.concat(digests).subarray(0, length);
}

const FILES = {
  MANIFEST: /^MANIFEST-/,
  CURRENT: /^CURRENT$/,
  log: /\.log$/,
  table: /\.ldb$/,
} as const;

type FileKind = keyof typeof FILES;

const change =
  (act: (bytes: Buffer) => Buffer) =>
  (file: string): void =>
    writeFileSync(file, act(readFileSync(file)));

const DAMAGES: Readonly<Record<string, (file: string) => void>> = {
  'is missing': (file) => rmSync(file),
  'is empty': change(() => Buffer.alloc(0)),
  'is cut to half': change((bytes) => bytes.subarray(0, bytes.length / 2)),
  'lacks its last byte': change((bytes) => bytes.subarray(0, -1)),
  'is all zeros': change((bytes) => Buffer.alloc(bytes.length)),
  'begins with zeros': change((bytes) => Buffer.concat([Buffer.alloc(8), bytes.subarray(8)])),
  'ends with zeros': change((bytes) => Buffer.concat([bytes.subarray(0, -8), Buffer.alloc(8)])),
  'has a flipped bit': change((bytes) => {
    const at = Math.floor(bytes.length / 3);
    bytes.writeUInt8((bytes[at] ?? 0) ^ 1, at);
    return bytes;
  }),
  'is garbled in the middle': change((bytes) => {
    noise('middle', 16).copy(bytes, Math.floor(bytes.length / 2));
    return bytes;
  }),
  'is noise': change((bytes) => noise('all', bytes.length)),
  'is a folder': (file) => {
    rmSync(file);
    mkdirSync(file);
  },
};

/** Samples that must be recovered: those in the log, those in tables, or both. */
const LEFT: Readonly<Record<FileKind, readonly string[]>> = {
  MANIFEST: ['table', 'log'],
  CURRENT: ['table', 'log'],
  log: ['table'],
  table: ['log'],
};

/** Damage after which no sample can be recovered, because CURRENT cannot be replaced. */
const UNRECOVERABLE = 'CURRENT is a folder';

/** Damages to the log that are indistinguishable from a log truncated by a power cut. */
const UNDETECTABLE = ['missing', 'empty', 'cut to half', 'lacks its last byte', 'zeros', 'noise', 'garbled'];

const nameOf = (payload: string): string => {
  const { boot_id: bootId, count } = JSON.parse(payload) as { boot_id: string; count: number };
  return `${bootId} ${count}`;
};
const namesIn = ({ bootId, from, to }: DroppedRange): string[] =>
  Array.from({ length: to - from + 1 }, (_, index) => `${bootId} ${from + index}`);
const placeOf = (payload: string): string => (JSON.parse(payload) as { place: string }).place;

let folder: string;
/** In order. */
let payloads: string[];
let outcomes: ReadonlyMap<string, Outcome>;

function start(store: ClassicLevel, bootId: string): Outbox {
  const log = createLogger({ level: 'silent', format: 'json', sink: { write: () => undefined } });
  return Outbox.start({ ...OPTIONS, bootId, stores: memoryStores(store), path: '', log });
}

/** Creates a store whose first samples are in tables, and the last ones in the log; returns all payloads. */
async function createStore(path: string, filler: (seed: string) => string): Promise<string[]> {
  const written: string[] = [];
  for (const bootId of STARTS) {
    const store = new ClassicLevel(path);
    const outbox = start(store, bootId);
    for (let count = 1; count <= SAMPLES_PER_START; count++) {
      const isLast = bootId === STARTS.at(-1);
      const place = isLast && count > (COMPACTIONS.at(-1) ?? 0) ? 'log' : 'table';
      const payload = JSON.stringify({ boot_id: bootId, count, place, filler: filler(`${bootId} ${count}`) });
      written.push(payload);
      await outbox.append(() => payload);
      if (isLast && COMPACTIONS.includes(count)) await store.compactRange('!', '~');
    }
    await outbox.close();
  }
  return written;
}

function damage(path: string, kind: FileKind, how: string): void {
  const [file = ''] = readdirSync(path).filter((name) => FILES[kind].test(name));
  DAMAGES[how]?.(join(path, file));
}

/** Report of the process that opened the outbox, and the number of starts until then. */
interface Outcome extends OpeningReport {
  readonly starts: number;
}

/** Opens outboxes in child processes that may crash, until each was opened or `MAX_STARTS` is reached. */
async function openAll(paths: readonly string[]): Promise<Map<string, Outcome>> {
  const found = new Map<string, Outcome>();
  for (let starts = 1; found.size < paths.length && starts <= MAX_STARTS; starts++) {
    const left = paths.filter((path) => !found.has(path));
    const child = fork(CHILD, left, {
      execArgv: [...TYPESCRIPT_FLAGS],
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    });
    child.on('message', (message) => {
      const report = message as OpeningReport;
      found.set(report.path, { ...report, starts });
      starts = 1;
    });
    // The last message may arrive after the exit.
    await Promise.all([once(child, 'exit'), once(child, 'disconnect')]);
  }
  return found;
}

const CASES = Object.keys(FILES).flatMap((kind) =>
  Object.keys(DAMAGES).map((how) => ({ kind: kind as FileKind, how, name: `${kind} ${how}` })),
);

const outcomeOf = (name: string): Outcome =>
  outcomes.get(join(folder, name)) ?? expect.fail('the outbox was never opened');

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'martinete-damage-'));
  const base = join(folder, 'base');
  payloads = await createStore(base, (seed) => `${seed} `.repeat(FILLER_BYTES / seed.length));
  for (const { kind, how, name } of CASES) {
    cpSync(base, join(folder, name), { recursive: true });
    damage(join(folder, name), kind, how);
  }
  outcomes = await openAll(CASES.map(({ name }) => join(folder, name)));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('the outbox', () => {
  it.each(CASES)(
    'opens although its $name, with all recoverable samples, and reports the damage',
    ({ kind, how, name }) => {
      const { starts, works, payloads: found, logged, dropped, damages } = outcomeOf(name);
      expect(starts).toBe(1);
      expect(works).toBe(true);
      expect(found, 'in order, byte for byte').toEqual(payloads.filter((payload) => found.includes(payload)));
      const safe = name === UNRECOVERABLE ? [] : LEFT[kind];
      const expected = payloads.filter((payload) => safe.includes(placeOf(payload)));
      expect(found).toEqual(expect.arrayContaining(expected));
      const isUndetectable = kind === 'log' && UNDETECTABLE.some((words) => how.includes(words));
      const missing = payloads.filter((payload) => !found.includes(payload)).map(nameOf);
      if (!isUndetectable && missing.length > 0) expect(logged.length + dropped.length).toBeGreaterThan(0);
      const isAnnounced = (sample: string): boolean =>
        dropped.some((range) => namesIn(range).includes(sample));
      if (!isUndetectable && damages === 0)
        expect(missing.filter((sample) => !isAnnounced(sample))).toEqual([]);
    },
  );

  it('with a truncated MANIFEST keeps the tables that are not mentioned in it', async () => {
    const path = join(folder, 'truncated');
    const outbox = start(new ClassicLevel(path, { writeBufferSize: SMALL_LOG_BYTES }), 'a');
    for (let count = 0; count < 3; count++) {
      await outbox.append(({ seq }) => `${seq}`.padEnd(SMALL_LOG_BYTES, '.'));
    }
    await outbox.close();
    damage(path, 'MANIFEST', 'lacks its last byte');
    const outcome = (await openAll([path])).get(path);
    expect(outcome?.payloads.map((payload) => payload.slice(0, 2))).toEqual(['1.', '2.', '3.']);
  });

  it('with an empty table announces all samples lost with it', async () => {
    const path = join(folder, 'zero bytes');
    for (const bootId of ['a', 'b']) {
      const store = new ClassicLevel(path);
      const outbox = start(store, bootId);
      for (let seq = 1; seq <= 400; seq++) {
        void outbox.append(() => JSON.stringify({ boot_id: bootId, count: seq, place: bootId }));
      }
      await outbox.settled();
      if (bootId === 'a') await store.compactRange('!', '~');
      await outbox.close();
    }
    damage(path, 'table', 'is empty');
    const { payloads: found, dropped } = (await openAll([path])).get(path) ?? expect.fail();
    expect(found.map(nameOf)).toEqual(namesIn({ bootId: 'b', from: 1, to: 400, reason: 'disk' }));
    expect(dropped).toEqual([{ bootId: 'a', from: 1, to: 400, reason: 'disk' }]);
  });

  it('that crashes LevelDB is set aside at the third start', async () => {
    const path = join(folder, 'crashing');
    await createStore(path, (seed) => noise(seed, FILLER_BYTES / 2).toString('hex'));
    damage(path, 'table', 'begins with zeros');
    const outcome = (await openAll([path])).get(path);
    expect(outcome).toMatchObject({ starts: MAX_STARTS, payloads: [], works: true });
    expect(outcome?.logged.join()).toContain('set aside');
  });
});
