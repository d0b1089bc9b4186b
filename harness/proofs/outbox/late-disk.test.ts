import { beforeEach, describe, expect, it, vi } from 'vitest';
import { createLogger } from '../../../client/log.ts';
import type { Bounds, Now } from '../../../client/outbox/bounds.ts';
import { keyOf, type Entry } from '../../../client/outbox/entry.ts';
import { openLayout } from '../../../client/outbox/layout.ts';
import { openOutbox, type OpenedOutbox } from '../../../client/outbox/open.ts';
import type { Outbox } from '../../../client/outbox/outbox.ts';
import { VirtualDisk, type Instant } from '../../world/disk/virtual-disk.ts';
import { PATH, ROOMY, start } from './testing/outbox-witness.ts';
import { VirtualLevel } from '../../world/disk/virtual-level.ts';

/** From one sample to the next. */
const INTERVAL_MS = 5_000;
const WORKS_AGAIN = 'the disk works again: samples are stored on it';

let disk: VirtualDisk;
let now: Now;
let said: string[];
/** Is told of everything that is about to reach the disk. */
let onInstant: (instant: Instant) => void;
beforeEach(() => {
  onInstant = () => undefined;
  disk = new VirtualDisk((instant) => onInstant(instant));
  now = { atMs: 0, wallMs: 0, clockSynced: false };
  said = [];
});

async function open(bootId: string, bounds: Partial<Bounds> = {}): Promise<OpenedOutbox> {
  const sink = { write: (line: string) => said.push((JSON.parse(line) as { msg: string }).msg) };
  return await openOutbox({
    bootId,
    bounds: { ...ROOMY, ...bounds },
    now: () => now,
    room: disk,
    path: PATH,
    log: createLogger({ level: 'info', format: 'json', sink }),
  });
}

/** Starts a client while the disk takes nothing. */
async function openInMemory(bootId: string, bounds: Partial<Bounds> = {}): Promise<Outbox> {
  disk.fail({ code: 'ENOSPC' });
  return (await open(bootId, bounds)).outbox;
}

/** What a start finds behind a power cut. */
async function openAfterPowerCut(bootId: string, bounds: Partial<Bounds> = {}): Promise<Outbox> {
  disk.powerCut();
  disk.heal();
  disk.powerOn();
  return (await open(bootId, bounds)).outbox;
}

async function append(outbox: Outbox, count = 1): Promise<void> {
  for (let left = count; left > 0; left--) {
    now = { ...now, atMs: now.atMs + INTERVAL_MS, wallMs: now.wallMs + INTERVAL_MS };
    await outbox.append(({ bootId, seq }) => `${bootId}${seq}`);
  }
}

/** What an earlier process leaves on the disk. */
async function leave(bootId: string, count: number): Promise<void> {
  const outbox = await start(disk, bootId);
  await append(outbox, count);
  disk.kill();
}

/** Lets the disk fail for good at the first write, or sync, of a sample. */
function failAtMove(at: Instant['kind']): void {
  disk.heal();
  // An empty store has to get its version first.
  let left = disk.contentOf(PATH).size === 0 ? 2 : 1;
  onInstant = ({ kind, number }) => {
    if (kind !== at) return;
    left -= 1;
    if (left === 0) disk.fail({ code: 'ENOSPC', at, from: number });
  };
}

const namesOf = (entries: readonly Entry[]): string => entries.map(({ payload }) => payload).join(' ');
const waiting = async (outbox: Outbox): Promise<string> => namesOf(await outbox.next(1_000));
const rangesOf = ({ ledger }: Outbox): string[] =>
  ledger.ranges.map(({ bootId, from, to, reason }) => `${bootId} ${from}-${to} ${reason}`);

async function only<Value>(values: Promise<readonly Value[]>): Promise<Value> {
  return (await values)[0] ?? expect.fail();
}

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
    expect(said.filter((line) => line.includes('kept in memory'))).toHaveLength(1);
    expect(said).not.toContain(WORKS_AGAIN);
    disk.heal();
    await append(outbox, 5);
    expect(said.filter((line) => line === WORKS_AGAIN)).toHaveLength(1);
    expect(said).toHaveLength(3);
  });

  it('does not ask the disk with every sample of a hasty scooter', async () => {
    const outbox = await openInMemory('a');
    let probes = 0;
    const { probe } = disk;
    Object.assign(disk, { probe: () => ((probes += 1), probe()) });
    for (let count = 0; count < 100; count++) {
      now = { ...now, atMs: now.atMs + 100 };
      await outbox.append(({ seq }) => String(seq));
    }
    expect(probes).toBe(5);
  });

  it('takes its samples to the disk when it is stopped, if there was none since', async () => {
    disk.fail({ code: 'EIO' });
    const { outbox, close } = await open('a');
    await append(outbox, 2);
    disk.heal();
    now = { ...now, atMs: now.atMs + INTERVAL_MS };
    await close();
    expect(disk.openStores).toBe(0);
    expect(await waiting(await openAfterPowerCut('b'))).toBe('a1 a2');
  });

  it('can be stopped without a disk, and leaves none open where it has nothing to store', async () => {
    disk.fail({ code: 'EIO' });
    const first = await open('a');
    await append(first.outbox);
    await first.close();
    const second = await open('b');
    disk.heal();
    now = { ...now, atMs: now.atMs + INTERVAL_MS };
    await second.close();
    expect(disk.instants).toBe(0);
  });

  it('tries again soon where the disk fails while the store is opened', async () => {
    const outbox = await openInMemory('a');
    disk.fail({ code: 'EIO', at: 'sync', from: 2 });
    await append(outbox, 2);
    disk.heal();
    await append(outbox);
    expect(await waiting(await openAfterPowerCut('b'))).toBe('a1 a2 a3');
  });

  it('waits for another client that has got the store meanwhile, and says so once', async () => {
    const outbox = await openInMemory('a');
    disk.heal();
    const rival = await start(disk, 'rival');
    await append(rival, 2);
    await append(outbox, 30);
    expect(said.filter((line) => line === 'samples stay in memory')).toHaveLength(1);
    expect(await waiting(outbox)).toMatch(/^a1 .* a30$/);
    await rival.close();
    await append(outbox, 15);
    expect(await waiting(await openAfterPowerCut('b'))).toMatch(/^rival1 rival2 a1 .* a45$/);
  });
});

describe('what an earlier process has left on that disk', () => {
  it('comes to light, and before the samples of this one where it is not yet sent', async () => {
    await leave('old', 2);
    const outbox = await openInMemory('a');
    await append(outbox, 2);
    expect(await waiting(outbox)).toBe('a1 a2');
    const before = outbox.rewinds;
    disk.heal();
    await append(outbox);
    expect(outbox.rewinds).toBe(before + 1);
    expect(await waiting(outbox)).toBe('old1 old2 a1 a2 a3');
    expect(outbox.fill).toEqual({ count: 5, bytes: 14 });
    expect(await waiting(await openAfterPowerCut('b'))).toBe('old1 old2 a1 a2 a3');
  });

  it('wakes who waits for samples, even if the disk takes no more than a look at it', async () => {
    await leave('old', 2);
    const outbox = await openInMemory('a');
    await append(outbox);
    const waited = outbox.appendedSince(outbox.appends + 1, [new AbortController().signal]);
    failAtMove('write');
    await append(outbox);
    await waited;
    expect(await waiting(outbox)).toBe('old1 old2 a1 a2');
  });

  it('is announced where it was dropped, and counted with what memory has dropped', async () => {
    const earlier = await start(disk, 'old', { ...ROOMY, maxCount: 2 });
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
    const [first, second, third] = await outbox.next(3);
    disk.heal();
    await append(outbox);
    const delivered = [first ?? expect.fail(), third ?? expect.fail()];
    await outbox.remove(delivered);
    await outbox.remove(delivered);
    expect(outbox.delivered).toBe(2);
    expect(outbox.fill.count).toBe(3);
    expect(await waiting(outbox)).toBe('old1 a2 a4');
    expect(namesOf(await outbox.next(10, second?.key))).toBe('a4');
    await append(outbox);
    expect(await waiting(await openAfterPowerCut('b'))).toBe('old1 a2 a4 a5');
  });

  it('can still be set aside, and is kept for its owner', async () => {
    const outbox = await openInMemory('a');
    await append(outbox, 2);
    await outbox.setAside(await only(outbox.next(1)));
    const second = await only(outbox.next(1));
    disk.heal();
    await append(outbox);
    await outbox.setAside(second);
    const next = await openAfterPowerCut('b');
    expect(await waiting(next)).toBe('a3');
    expect(rangesOf(next)).toEqual(['a 1-2 refused']);
    expect(next.ledger.totals).toEqual({ refused: 2 });
    disk.kill();
    const store = disk.create(PATH);
    await store.open();
    const { aside } = await openLayout(store);
    const kept = await aside.iterator().all();
    expect(kept.map(([key, { payload }]) => [key, payload])).toEqual([
      [keyOf(1, 1), 'a1'],
      [keyOf(1, 2), 'a2'],
    ]);
  });

  it('is not kept beyond the newest thousand, should all be set aside', async () => {
    const earlier = await start(disk, 'old');
    await append(earlier);
    await earlier.setAside(await only(earlier.next(1)));
    disk.kill();
    const outbox = await openInMemory('a');
    await append(outbox, 1_000);
    for (const entry of await outbox.next(1_000)) await outbox.setAside(entry);
    disk.heal();
    await append(outbox);
    expect([...disk.contentOf(PATH).keys()].filter((key) => key.startsWith('!aside!'))).toHaveLength(1_000);
    expect(disk.contentOf(PATH).has(`!aside!${keyOf(1, 1)}`)).toBe(false);
    expect(disk.contentOf(PATH).has(`!aside!${keyOf(2, 1)}`)).toBe(true);
  });

  it('is not announced as lost for that', async () => {
    const outbox = await openInMemory('a');
    await append(outbox, 4);
    await outbox.remove(await outbox.next(2));
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
    const older = what === 'older samples' ? 'old1 old2 ' : '';
    if (older) await leave('old', 2);
    const outbox = await openInMemory('a', { maxCount: 6 });
    await append(outbox, 4);
    await outbox.setAside(await only(outbox.next(1)));
    failAtMove(at);
    await append(outbox, 2);
    expect(await waiting(outbox)).toBe(`${older}a2 a3 a4 a5 a6`);
    expect(said).not.toContain(WORKS_AGAIN);

    const entries = await outbox.next(10);
    await outbox.remove(entries.filter(({ payload }) => payload === 'a3'));
    await append(outbox);
    onInstant = () => undefined;
    disk.heal();
    await append(outbox);
    const expected = 'a2 a4 a5 a6 a7 a8';
    expect(await waiting(outbox)).toBe(expected);
    expect(outbox.delivered).toBe(1);
    expect(said.filter((line) => line === WORKS_AGAIN)).toHaveLength(1);

    const next = await openAfterPowerCut('b', { maxCount: 6 });
    expect(await waiting(next)).toBe(expected);
    expect(rangesOf(next).sort()).toEqual([
      ...(older ? ['a 1-1 refused', 'old 1-2 count'] : ['a 1-1 refused']),
    ]);
    expect(next.ledger.totals).toEqual({ refused: 1, ...(older && { count: 2 }) });
  });

  it('hands nothing out as long as nobody can tell what has become of the move', async () => {
    const outbox = await openInMemory('a');
    await append(outbox, 2);
    failAtMove(at);
    await append(outbox);
    onInstant = () => undefined;
    disk.heal();
    const read = vi.spyOn(VirtualLevel.prototype, '_get').mockRejectedValueOnce(new Error('EIO'));
    await append(outbox);
    read.mockRestore();
    expect(await waiting(outbox)).toBe('');
    expect(outbox.fill.count).toBe(4);
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
    onInstant = () => undefined;
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
