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

/** From one sample to the next. */
const INTERVAL_MS = 5_000;
/** Longer than the outbox ever waits for its next attempt to write. */
const A_WHILE_MS = 31_000;
const UNAVAILABLE = /^outbox unavailable, buffering samples in memory/;
const WORKS_AGAIN = /^outbox available again after \d+ s: wrote \d+ buffered samples$/;

let disk: VirtualDisk;
let now: Now;
let said: string[];
let opened: Outbox[];
/** Is told of everything that is about to reach the disk. */
let onEvent: (event: DiskEvent) => void;
beforeEach(() => {
  vi.useFakeTimers();
  onEvent = () => undefined;
  disk = new VirtualDisk((event) => onEvent(event));
  now = { atMs: 0, wallMs: 0, clockSynced: false };
  said = [];
  opened = [];
});
afterEach(async () => {
  disk.kill();
  for (const outbox of opened) await outbox.close();
  vi.useRealTimers();
});

async function open(bootId: string, bounds: Partial<Bounds> = {}): Promise<Outbox> {
  const sink = { write: (line: string) => said.push((JSON.parse(line) as { msg: string }).msg) };
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

/** Starts a client while the disk takes nothing. */
async function openInMemory(bootId: string, bounds: Partial<Bounds> = {}): Promise<Outbox> {
  disk.fail({ code: 'ENOSPC' });
  return await open(bootId, bounds);
}

/** What a start finds behind a power cut. */
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

/** What an earlier process leaves on the disk. */
async function leave(bootId: string, count: number): Promise<void> {
  const outbox = await open(bootId);
  for (let left = count; left > 0; left--) void outbox.append(({ seq }) => `${bootId}${seq}`);
  await outbox.settled();
  disk.kill();
}

/** Lets the disk fail for good at the first write, or sync, of a sample. */
function failAtMove(at: DiskEvent['kind']): void {
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

describe('a client that starts on a disk that takes nothing', () => {
  it('has its samples on the disk with the first one behind the trouble, those of the trouble as well', async () => {
    const outbox = await openInMemory('a');
    await append(outbox, 3);
    expect(disk.bytes).toBe(0);
    disk.heal();
    await append(outbox);
    expect(await waiting(await openAfterPowerCut('b'))).toBe('a1 a2 a3 a4');
  });

  it('stores each further sample before it says so', async () => {
    const outbox = await openInMemory('a');
    disk.heal();
    await append(outbox, 10);
    expect(await waiting(await openAfterPowerCut('b'))).toBe('a1 a2 a3 a4 a5 a6 a7 a8 a9 a10');
  });

  it('says once that it keeps samples in memory, and once that it stores them', async () => {
    const outbox = await openInMemory('a');
    await append(outbox, 5);
    expect(said).toEqual([expect.stringMatching(UNAVAILABLE)]);
    disk.heal();
    await append(outbox, 5);
    expect(said.slice(1)).toEqual([expect.stringMatching(WORKS_AGAIN)]);
  });

  it('does not ask the disk with every sample of a hasty scooter', async () => {
    const outbox = await openInMemory('a');
    let probes = 0;
    const { probe } = disk;
    Object.assign(disk, { probe: () => ((probes += 1), probe()) });
    for (let count = 0; count < 600; count++) {
      void outbox.append(({ seq }) => String(seq));
      await vi.advanceTimersByTimeAsync(100);
    }
    expect(probes).toBeGreaterThan(2);
    expect(probes).toBeLessThan(8);
  });

  it('takes its samples to the disk although there are no new ones', async () => {
    const outbox = await openInMemory('a');
    await append(outbox, 3);
    disk.heal();
    await vi.advanceTimersByTimeAsync(A_WHILE_MS);
    expect(await waiting(await openAfterPowerCut('b'))).toBe('a1 a2 a3');
  });

  it('takes its samples to the disk when it is stopped, if it could not before', async () => {
    const outbox = await openInMemory('a');
    await append(outbox, 2);
    disk.heal();
    await outbox.close();
    expect(disk.openStores).toBe(0);
    expect(await waiting(await openAfterPowerCut('b'))).toBe('a1 a2');
  });

  it('can be stopped without a disk, and leaves no store open', async () => {
    disk.fail({ code: 'EIO' });
    const outbox = await open('a');
    await append(outbox);
    await outbox.close();
    expect(said.at(-1)).toContain('unwritten samples are lost');
    expect([disk.eventCount, disk.openStores]).toEqual([0, 0]);
  });

  it('tries again soon where the disk fails while the store is opened', async () => {
    const outbox = await openInMemory('a');
    disk.fail({ code: 'EIO', at: 'sync', from: 2 });
    await append(outbox, 2);
    disk.heal();
    await append(outbox);
    expect(await waiting(await openAfterPowerCut('b'))).toBe('a1 a2 a3');
  });

  it('waits for another client that has got the store meanwhile', async () => {
    const outbox = await openInMemory('a');
    disk.heal();
    const store = disk.create(PATH);
    await store.open();
    await append(outbox, 30);
    expect(await waiting(outbox)).toMatch(/^a1 .* a30$/);
    await store.close();
    await append(outbox, 15);
    expect(said).toHaveLength(2);
    expect(await waiting(await openAfterPowerCut('b'))).toMatch(/^a1 .* a45$/);
  });

  it('ends at once if another client has the store from the start on', async () => {
    const store = disk.create(PATH);
    await store.open();
    await expect(open('a')).rejects.toMatchObject({ code: 'already_running' });
    // Not every file system tells who has a lock.
    Object.assign(disk, { isOpen: () => undefined });
    const outbox = await open('b');
    expect(outbox.failed.reason).toMatchObject({ code: 'already_running' });
  });
});

describe('what an earlier process has left on that disk', () => {
  it('comes to light, and before the samples of this one where it is not yet sent', async () => {
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

  it('wakes who waits for samples', async () => {
    await leave('old', 2);
    const outbox = await openInMemory('a');
    const next = outbox.reader().next(10, [new AbortController().signal]);
    disk.heal();
    await vi.advanceTimersByTimeAsync(A_WHILE_MS);
    expect(namesOf(await next)).toBe('old1 old2');
  });

  it('comes next, and nothing comes twice, although samples of this one are sent already', async () => {
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

  it('is announced where it was dropped, and counted with what memory has dropped', async () => {
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

describe('a sample that is on its way when the disk comes back', () => {
  it('is gone for good once it is delivered, and is there again where it is not', async () => {
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

  it('can still be set aside, and is kept for its owner', async () => {
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

  it('is not kept beyond the newest thousand, should all be set aside', async () => {
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

  it('is not announced as lost for that', async () => {
    const outbox = await openInMemory('a');
    await append(outbox, 4);
    for (const entry of await waitingIn(outbox, 2)) outbox.release(entry);
    disk.heal();
    await append(outbox);
    expect(await waiting(await openAfterPowerCut('b'))).toBe('a3 a4 a5');
    expect(rangesOf(outbox)).toEqual([]);
  });
});

describe('the bounds of the outbox', () => {
  it('hold again on the disk: the oldest give way, in any number', async () => {
    await leave('old', 1_200);
    const outbox = await openInMemory('a', { maxCount: 10 });
    await append(outbox, 8);
    disk.heal();
    await append(outbox);
    expect(await waiting(outbox)).toBe('old1200 a1 a2 a3 a4 a5 a6 a7 a8 a9');
    expect(rangesOf(outbox)).toEqual(['old 1-1199 count']);
    expect((await openAfterPowerCut('b', { maxCount: 10 })).ledger.totals).toEqual({ count: 1_199 });
  });

  it('hold again where the newest give way', async () => {
    await leave('old', 3);
    const outbox = await openInMemory('a', { maxCount: 5, whenFull: 'drop-newest' });
    await append(outbox, 4);
    disk.heal();
    await append(outbox);
    expect(await waiting(outbox)).toBe('old1 old2 old3 a1 a2');
    expect(rangesOf(outbox)).toEqual(['a 3-5 count']);
    expect(outbox.ledger.totals).toEqual({ count: 3 });
  });

  it('let nothing onto the disk that has grown too old in memory', async () => {
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

describe.each(['write', 'sync'] as const)('a disk that fails again at the %s of the move', (at) => {
  it.each(['an empty disk', 'older samples'])('costs no sample, and counts none twice (%s)', async (what) => {
    const older = what === 'older samples' ? 'old2 ' : '';
    if (older) await leave('old', 2);
    const outbox = await openInMemory('a', { maxCount: 6 });
    await append(outbox, 4);
    outbox.quarantine(await first(outbox));
    failAtMove(at);
    await append(outbox, 2);
    expect(await waiting(outbox)).toBe(`${older}a2 a3 a4 a5 a6`);
    expect(said.filter((line) => WORKS_AGAIN.test(line))).toEqual([]);

    const entries = await waitingIn(outbox, 10);
    for (const entry of entries.filter(({ payload }) => payload === 'a3')) outbox.release(entry);
    await append(outbox);
    onEvent = () => undefined;
    disk.heal();
    await append(outbox);
    const expected = 'a2 a4 a5 a6 a7 a8';
    expect(await waiting(outbox)).toBe(expected);
    expect(outbox.delivered).toBe(1);
    expect(said.filter((line) => WORKS_AGAIN.test(line))).toHaveLength(1);

    const next = await openAfterPowerCut('b', { maxCount: 6 });
    expect(await waiting(next)).toBe(expected);
    expect(rangesOf(next).sort()).toEqual([
      ...(older ? ['a 1-1 refused', 'old 1-2 count'] : ['a 1-1 refused']),
    ]);
    expect(next.ledger.totals).toEqual({ refused: 1, ...(older && { count: 2 }) });
  });

  it('goes on where the store cannot be read either', async () => {
    const outbox = await openInMemory('a');
    await append(outbox, 2);
    failAtMove(at);
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

  it('does not let the same sample give way twice', async () => {
    const outbox = await openInMemory('a', { maxAgeMs: 2 * INTERVAL_MS });
    await append(outbox, 2);
    failAtMove(at);
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

  it('leaves alone what was there, should the power fail then', async () => {
    await leave('old', 2);
    const outbox = await openInMemory('a');
    await append(outbox, 2);
    failAtMove(at);
    await append(outbox);
    expect(await waiting(await openAfterPowerCut('b'))).toBe('old1 old2');
  });
});
