import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createLogger } from '../../../client/log.ts';
import { Outbox } from '../../../client/outbox/outbox.ts';
import type { Bounds, Now } from '../../../client/outbox/retention.ts';
import type { Entry } from '../../../client/outbox/stored-sample.ts';
import { keyOf, tablesOf } from '../../../client/outbox/store/tables.ts';
import { droppedRanges as rangesOf, waiting as waitingIn } from '../../../client/outbox/testing/waiting.ts';
import { VirtualDisk, type DiskEvent } from '../../world/disk/virtual-disk.ts';
import { VirtualLevelDb } from '../../world/disk/virtual-leveldb.ts';
import { PATH, ROOMY } from './testing/outbox-witness.ts';

/** Interval between samples. */
const INTERVAL_MS = 5_000;
/** Longer than the maximum interval between attempts to write. */
const A_WHILE_MS = 31_000;
const UNAVAILABLE = /^outbox unavailable, buffering samples in memory/;
const AVAILABLE = /^outbox available again after \d+ s: wrote \d+ buffered samples$/;

let disk: VirtualDisk;
let now: Now;
let logged: string[];
let opened: Outbox[];
/** Called before every disk event. */
let onEvent: (event: DiskEvent) => void;
beforeEach(() => {
  vi.useFakeTimers();
  onEvent = () => undefined;
  disk = new VirtualDisk((event) => onEvent(event));
  now = { atMs: 0, wallMs: 0, clockSynced: false };
  logged = [];
  opened = [];
});
afterEach(async () => {
  disk.kill();
  for (const outbox of opened) await outbox.close();
  vi.useRealTimers();
});

async function open(bootId: string, bounds: Partial<Bounds> = {}): Promise<Outbox> {
  const sink = { write: (line: string) => logged.push((JSON.parse(line) as { msg: string }).msg) };
  const outbox = Outbox.start({
    bootId,
    bounds: { ...ROOMY, ...bounds },
    now: () => now,
    stores: disk,
    path: PATH,
    log: createLogger({ level: 'info', format: 'json', sink }),
  });
  opened.push(outbox);
  await outbox.settled();
  return outbox;
}

/** Starts a client while writes fail. */
async function openInMemory(bootId: string, bounds: Partial<Bounds> = {}): Promise<Outbox> {
  disk.fail({ code: 'ENOSPC' });
  return await open(bootId, bounds);
}

/** Opens the outbox after a power cut. */
async function openAfterPowerCut(bootId: string, bounds: Partial<Bounds> = {}): Promise<Outbox> {
  disk.powerCut();
  disk.heal();
  disk.powerOn();
  return await open(bootId, bounds);
}

async function append(outbox: Outbox, count = 1): Promise<void> {
  for (let left = count; left > 0; left--) {
    now = { ...now, atMs: now.atMs + INTERVAL_MS, wallMs: now.wallMs + INTERVAL_MS };
    void outbox.append(({ bootId, seq }) => `${bootId}${seq}`);
    await outbox.settled();
  }
}

/** Stores samples in an earlier process. */
async function leave(bootId: string, count: number): Promise<void> {
  const outbox = await open(bootId);
  for (let left = count; left > 0; left--) void outbox.append(({ seq }) => `${bootId}${seq}`);
  await outbox.settled();
  disk.kill();
}

/** Makes the disk fail permanently at the first write, or sync, of a sample. */
function failAtFirstWrite(at: DiskEvent['kind']): void {
  disk.heal();
  // An empty store has to get its version first, in two steps.
  let left = disk.contentOf(PATH).size === 0 ? 3 : 1;
  onEvent = ({ kind, number }) => {
    if (kind !== at) return;
    left -= 1;
    if (left === 0) disk.fail({ code: 'ENOSPC', at, from: number });
  };
}

const namesOf = (entries: readonly Entry[]): string => entries.map(({ payload }) => payload).join(' ');
const waiting = async (outbox: Outbox): Promise<string> => namesOf(await waitingIn(outbox));
const first = async (outbox: Outbox): Promise<Entry> => (await waitingIn(outbox, 1))[0] ?? expect.fail();

describe('a client that starts while writes fail', () => {
  it('writes its buffered samples together with the first one after the outage', async () => {
    const outbox = await openInMemory('a');
    await append(outbox, 3);
    expect(disk.bytes).toBe(0);
    disk.heal();
    await append(outbox);
    expect(await waiting(await openAfterPowerCut('b'))).toBe('a1 a2 a3 a4');
  });

  it('stores each further sample', async () => {
    const outbox = await openInMemory('a');
    disk.heal();
    await append(outbox, 10);
    expect(await waiting(await openAfterPowerCut('b'))).toBe('a1 a2 a3 a4 a5 a6 a7 a8 a9 a10');
  });

  it('logs once that it buffers samples in memory, and once that it has written them', async () => {
    const outbox = await openInMemory('a');
    await append(outbox, 5);
    expect(logged).toEqual([expect.stringMatching(UNAVAILABLE)]);
    disk.heal();
    await append(outbox, 5);
    expect(logged.slice(1)).toEqual([expect.stringMatching(AVAILABLE)]);
  });

  it('does not access the disk with every sample', async () => {
    const outbox = await openInMemory('a');
    let attempts = 0;
    const { create } = disk;
    Object.assign(disk, { create: (path: string) => ((attempts += 1), create(path)) });
    for (let count = 0; count < 600; count++) {
      void outbox.append(({ seq }) => String(seq));
      await vi.advanceTimersByTimeAsync(100);
    }
    expect(attempts).toBeGreaterThan(2);
    expect(attempts).toBeLessThan(8);
  });

  it('writes its buffered samples although there are no new ones', async () => {
    const outbox = await openInMemory('a');
    await append(outbox, 3);
    disk.heal();
    await vi.advanceTimersByTimeAsync(A_WHILE_MS);
    expect(await waiting(await openAfterPowerCut('b'))).toBe('a1 a2 a3');
  });

  it('writes its buffered samples when it is stopped', async () => {
    const outbox = await openInMemory('a');
    await append(outbox, 2);
    disk.heal();
    await outbox.close();
    expect(disk.openStores).toBe(0);
    expect(await waiting(await openAfterPowerCut('b'))).toBe('a1 a2');
  });

  it('can be stopped during the outage, and leaves no store open', async () => {
    disk.fail({ code: 'EIO' });
    const outbox = await open('a');
    await append(outbox);
    await outbox.close();
    expect(logged.at(-1)).toContain('unwritten samples are lost');
    expect([disk.eventCount, disk.openStores]).toEqual([0, 0]);
  });

  it('retries soon if the disk fails while the store is opened', async () => {
    const outbox = await openInMemory('a');
    disk.fail({ code: 'EIO', at: 'sync', from: 2 });
    await append(outbox, 2);
    disk.heal();
    await append(outbox);
    expect(await waiting(await openAfterPowerCut('b'))).toBe('a1 a2 a3');
  });

  it('retries while another client has the store open', async () => {
    const outbox = await openInMemory('a');
    disk.heal();
    const store = disk.create(PATH);
    await store.open();
    await append(outbox, 30);
    expect(await waiting(outbox)).toMatch(/^a1 .* a30$/);
    await store.close();
    await append(outbox, 15);
    expect(logged).toHaveLength(2);
    expect(await waiting(await openAfterPowerCut('b'))).toMatch(/^a1 .* a45$/);
  });

  it('stops immediately if another client has the store open at the start', async () => {
    const store = disk.create(PATH);
    await store.open();
    await expect(open('a')).rejects.toMatchObject({ code: 'already_running' });
    // Not every file system exposes locks.
    Object.assign(disk, { isOpen: () => undefined });
    const outbox = await open('b');
    expect(outbox.failed.reason).toMatchObject({ code: 'already_running' });
  });
});

describe('a sample that an earlier process has stored', () => {
  it('is found later, and sent before unsent samples of this process', async () => {
    await leave('old', 2);
    const outbox = await openInMemory('a');
    await append(outbox, 2);
    expect(await waiting(outbox)).toBe('a1 a2');
    disk.heal();
    await append(outbox);
    expect(await waiting(outbox)).toBe('old1 old2 a1 a2 a3');
    expect(outbox.usage).toEqual({ count: 5, bytes: 14 });
    expect(await waiting(await openAfterPowerCut('b'))).toBe('old1 old2 a1 a2 a3');
  });

  it('wakes a waiting reader', async () => {
    await leave('old', 2);
    const outbox = await openInMemory('a');
    const next = outbox.reader().next(10, [new AbortController().signal]);
    disk.heal();
    await vi.advanceTimersByTimeAsync(A_WHILE_MS);
    expect(namesOf(await next)).toBe('old1 old2');
  });

  it('is sent next, and nothing twice, although samples of this process were sent before', async () => {
    await leave('old', 2);
    const outbox = await openInMemory('a');
    await append(outbox, 3);
    const reader = outbox.reader();
    expect(namesOf(await reader.available(2))).toBe('a1 a2');
    disk.heal();
    await append(outbox);
    expect(namesOf(await reader.available(10))).toBe('old1 old2 a3 a4');
    expect(namesOf(await reader.available(10))).toBe('');
  });

  it('is announced if it was dropped, and counted with the drops of this process', async () => {
    const earlier = await open('old', { maxCount: 2 });
    await append(earlier, 3);
    disk.kill();
    const outbox = await openInMemory('a', { maxCount: 2 });
    await append(outbox, 3);
    expect(rangesOf(outbox)).toEqual(['a 1-1 count']);
    disk.heal();
    await append(outbox);
    const expected = ['old 1-3 count', 'a 1-2 count'];
    expect(rangesOf(outbox)).toEqual(expected);
    const next = await openAfterPowerCut('b', { maxCount: 2 });
    expect(rangesOf(next)).toEqual(expected);
    expect(next.ledger.totals).toEqual({ count: 5 });
    expect(await waiting(next)).toBe('a3 a4');
  });
});

describe('a sample in flight when the disk becomes available', () => {
  it('is removed if it was delivered, and kept if not', async () => {
    await leave('old', 1);
    const outbox = await openInMemory('a');
    await append(outbox, 3);
    const [one, , three] = await waitingIn(outbox, 3);
    disk.heal();
    await append(outbox);
    for (const entry of [one, three, one, three]) outbox.release(entry ?? expect.fail());
    expect(outbox.delivered).toBe(2);
    expect(outbox.usage.count).toBe(3);
    expect(await waiting(outbox)).toBe('old1 a2 a4');
    await append(outbox);
    expect(await waiting(await openAfterPowerCut('b'))).toBe('old1 a2 a4 a5');
  });

  it('can still be quarantined, and is kept for the owner', async () => {
    const outbox = await openInMemory('a');
    await append(outbox, 2);
    outbox.quarantine(await first(outbox));
    const second = await first(outbox);
    disk.heal();
    await append(outbox);
    outbox.quarantine(second);
    await outbox.settled();
    const next = await openAfterPowerCut('b');
    expect(await waiting(next)).toBe('a3');
    expect(rangesOf(next)).toEqual(['a 1-2 refused']);
    expect(next.ledger.totals).toEqual({ refused: 2 });
    disk.kill();
    const store = disk.create(PATH);
    await store.open();
    const kept = await tablesOf(store).aside.iterator().all();
    expect(kept.map(([key, sample]) => [key, sample?.payload])).toEqual([
      [keyOf(1, 1), 'a1'],
      [keyOf(1, 2), 'a2'],
    ]);
  });

  it('is kept in quarantine only if it is among the newest thousand there', async () => {
    const earlier = await open('old');
    await append(earlier);
    earlier.quarantine(await first(earlier));
    await earlier.settled();
    disk.kill();
    const outbox = await openInMemory('a');
    await append(outbox, 1_000);
    for (const entry of await waitingIn(outbox)) outbox.quarantine(entry);
    disk.heal();
    await append(outbox);
    expect([...disk.contentOf(PATH).keys()].filter((key) => key.startsWith('!aside!'))).toHaveLength(1_000);
    expect(disk.contentOf(PATH).has(`!aside!${keyOf(1, 1)}`)).toBe(false);
    expect(disk.contentOf(PATH).has(`!aside!${keyOf(2, 1)}`)).toBe(true);
  });

  it('is not announced as lost', async () => {
    const outbox = await openInMemory('a');
    await append(outbox, 4);
    for (const entry of await waitingIn(outbox, 2)) outbox.release(entry);
    disk.heal();
    await append(outbox);
    expect(await waiting(await openAfterPowerCut('b'))).toBe('a3 a4 a5');
    expect(rangesOf(outbox)).toEqual([]);
  });
});

describe('the limits of the outbox', () => {
  it('apply to the stored samples as well: any number of oldest samples is dropped', async () => {
    await leave('old', 1_200);
    const outbox = await openInMemory('a', { maxCount: 10 });
    await append(outbox, 8);
    disk.heal();
    await append(outbox);
    expect(await waiting(outbox)).toBe('old1200 a1 a2 a3 a4 a5 a6 a7 a8 a9');
    expect(rangesOf(outbox)).toEqual(['old 1-1199 count']);
    expect((await openAfterPowerCut('b', { maxCount: 10 })).ledger.totals).toEqual({ count: 1_199 });
  });

  it('apply to the stored samples as well: the newest samples are dropped if configured so', async () => {
    await leave('old', 3);
    const outbox = await openInMemory('a', { maxCount: 5, whenFull: 'drop-newest' });
    await append(outbox, 4);
    disk.heal();
    await append(outbox);
    expect(await waiting(outbox)).toBe('old1 old2 old3 a1 a2');
    expect(rangesOf(outbox)).toEqual(['a 3-5 count']);
    expect(outbox.ledger.totals).toEqual({ count: 3 });
  });

  it('prevent writing samples that became too old in memory', async () => {
    const outbox = await openInMemory('a', { maxAgeMs: 3 * INTERVAL_MS });
    await append(outbox, 2);
    disk.heal();
    const written: string[] = [];
    disk.onSynced = (operations) =>
      written.push(...operations.flatMap((operation) => (operation.type === 'put' ? [operation.key] : [])));
    now = { ...now, atMs: now.atMs + 2 * INTERVAL_MS };
    await append(outbox);
    expect(rangesOf(outbox)).toEqual(['a 1-1 age']);
    expect(written).not.toContain(`!journal!${keyOf(1, 1)}`);
    expect(written).toContain(`!journal!${keyOf(1, 2)}`);
    expect(await waiting(await openAfterPowerCut('b'))).toBe('a2 a3');
  });
});

describe.each(['write', 'sync'] as const)('a disk that fails again at the first %s', (at) => {
  it.each(['an empty disk', 'older samples'])('loses no sample, and counts none twice (%s)', async (what) => {
    const older = what === 'older samples' ? 'old2 ' : '';
    if (older) await leave('old', 2);
    const outbox = await openInMemory('a', { maxCount: 6 });
    await append(outbox, 4);
    outbox.quarantine(await first(outbox));
    failAtFirstWrite(at);
    await append(outbox, 2);
    expect(await waiting(outbox)).toBe(`${older}a2 a3 a4 a5 a6`);
    expect(logged.filter((line) => AVAILABLE.test(line))).toEqual([]);

    const entries = await waitingIn(outbox, 10);
    for (const entry of entries.filter(({ payload }) => payload === 'a3')) outbox.release(entry);
    await append(outbox);
    onEvent = () => undefined;
    disk.heal();
    await append(outbox);
    const expected = 'a2 a4 a5 a6 a7 a8';
    expect(await waiting(outbox)).toBe(expected);
    expect(outbox.delivered).toBe(1);
    expect(logged.filter((line) => AVAILABLE.test(line))).toHaveLength(1);

    const next = await openAfterPowerCut('b', { maxCount: 6 });
    expect(await waiting(next)).toBe(expected);
    expect(rangesOf(next).sort()).toEqual([
      ...(older ? ['a 1-1 refused', 'old 1-2 count'] : ['a 1-1 refused']),
    ]);
    expect(next.ledger.totals).toEqual({ refused: 1, ...(older && { count: 2 }) });
  });

  it('continues if the store cannot be read either', async () => {
    const outbox = await openInMemory('a');
    await append(outbox, 2);
    failAtFirstWrite(at);
    await append(outbox);
    onEvent = () => undefined;
    disk.heal();
    const read = vi.spyOn(VirtualLevelDb.prototype, '_get').mockRejectedValue(new Error('EIO'));
    await append(outbox);
    expect(await waiting(outbox)).toBe('a1 a2 a3 a4');
    read.mockRestore();
    await append(outbox);
    expect(await waiting(outbox)).toBe('a1 a2 a3 a4 a5');
    expect(await waiting(await openAfterPowerCut('b'))).toBe('a1 a2 a3 a4 a5');
  });

  it('does not drop the same sample twice', async () => {
    const outbox = await openInMemory('a', { maxAgeMs: 2 * INTERVAL_MS });
    await append(outbox, 2);
    failAtFirstWrite(at);
    now = { ...now, atMs: now.atMs + INTERVAL_MS };
    await append(outbox, 2);
    onEvent = () => undefined;
    disk.heal();
    await append(outbox);
    const next = await openAfterPowerCut('b');
    expect(await waiting(next)).toBe('a3 a4 a5');
    expect(rangesOf(next)).toEqual(['a 1-2 age']);
    expect(next.ledger.totals).toEqual({ age: 2 });
  });

  it('keeps the stored samples in a power cut', async () => {
    await leave('old', 2);
    const outbox = await openInMemory('a');
    await append(outbox, 2);
    failAtFirstWrite(at);
    await append(outbox);
    expect(await waiting(await openAfterPowerCut('b'))).toBe('old1 old2');
  });
});
