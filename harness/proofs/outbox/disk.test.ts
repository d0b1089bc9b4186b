import { beforeEach, describe, expect, it, vi } from 'vitest';
import type { Bounds, Now } from '../../../client/outbox/bounds.ts';
import { Outbox } from '../../../client/outbox/outbox.ts';
import { VirtualDisk } from '../../world/disk/virtual-disk.ts';
import { VirtualLevel } from '../../world/disk/virtual-level.ts';

const PATH = 'outbox';
const ROOMY: Bounds = { maxCount: 1_000, maxBytes: 1_000_000, maxAgeMs: 1e12, whenFull: 'drop-oldest' };

let disk: VirtualDisk;
let now: Now;
beforeEach(() => {
  disk = new VirtualDisk();
  now = { atMs: 0, wallMs: 0, clockSynced: false };
});

async function start(bootId: string, bounds: Partial<Bounds> = {}): Promise<Outbox> {
  const store = disk.create(PATH);
  await store.open();
  const all = { ...ROOMY, ...bounds };
  return await Outbox.open(store, { bootId, bounds: all, now: () => now, probe: disk.probe });
}

/** The next process, after this one was killed. */
async function restart(bootId: string): Promise<Outbox> {
  disk.kill();
  return await start(bootId);
}

const append = (outbox: Outbox): Promise<boolean> => outbox.append(({ bootId, seq }) => `${bootId}${seq}`);

async function appendMany(outbox: Outbox, count: number): Promise<void> {
  for (let left = count; left > 0; left--) await append(outbox);
}

const payloadsOf = async (outbox: Outbox): Promise<string[]> =>
  (await outbox.next(1_000)).map(({ payload }) => payload);

const rangesOf = ({ ledger }: Outbox): string[] =>
  ledger.ranges.map(({ bootId, from, to, reason }) => `${bootId} ${from}-${to} ${reason}`);

describe.each(['write', 'sync'] as const)('a disk that fails at the %s', (at) => {
  it('costs the samples of that time, which are announced, and no other', async () => {
    const outbox = await start('a');
    await appendMany(outbox, 2);
    disk.fail({ code: 'ENOSPC', at });
    for (let count = 0; count < 3; count++) await expect(append(outbox)).rejects.toThrow('No space left');
    expect(rangesOf(outbox)).toEqual(['a 3-5 disk']);
    expect(outbox.fill.count).toBe(2);
    disk.heal();
    await appendMany(outbox, 2);
    const expected = ['a1', 'a2', 'a6', 'a7'];
    expect(await payloadsOf(outbox)).toEqual(expected);
    expect(rangesOf(outbox)).toEqual(['a 3-5 disk']);

    const next = await restart('b');
    expect(await payloadsOf(next)).toEqual(expected);
    expect(rangesOf(next)).toEqual(['a 3-5 disk']);
    expect(next.ledger.totals).toEqual({ disk: 3 });
  });

  it('costs nothing that was taken after there was room again, should the power fail then', async () => {
    const outbox = await start('a');
    disk.fail({ code: 'EIO', at });
    await expect(append(outbox)).rejects.toThrow('Input/output error');
    disk.heal();
    await appendMany(outbox, 3);
    disk.powerCut();
    disk.powerOn();
    expect(await payloadsOf(await start('b'))).toEqual(['a2', 'a3', 'a4']);
  });

  it('does not keep what is stored from being delivered, once', async () => {
    const outbox = await start('a');
    await appendMany(outbox, 4);
    disk.fail({ code: 'ENOSPC', at });
    await expect(append(outbox)).rejects.toThrow();
    const [first, second] = await outbox.next(2);
    await expect(outbox.remove([first ?? expect.fail()])).rejects.toThrow('No space left');
    await expect(outbox.setAside(second ?? expect.fail())).rejects.toThrow('No space left');
    expect(await payloadsOf(outbox)).toEqual(['a3', 'a4']);
    expect(outbox.fill).toEqual({ count: 2, bytes: 4 });
    disk.heal();
    await append(outbox);
    const next = await restart('b');
    expect(await payloadsOf(next)).toEqual(['a3', 'a4', 'a6']);
    expect(rangesOf(next)).toEqual(['a 5-5 disk', 'a 2-2 refused']);
  });

  it('is told at the end of what it missed', async () => {
    const outbox = await start('a');
    await appendMany(outbox, 2);
    disk.fail({ code: 'ENOSPC', at });
    await expect(append(outbox)).rejects.toThrow();
    await expect(outbox.remove(await outbox.next(1))).rejects.toThrow();
    disk.heal();
    await outbox.close();
    const next = await start('b');
    expect(await payloadsOf(next)).toEqual(['a2']);
    expect(rangesOf(next)).toEqual(['a 3-3 disk']);
  });

  it('keeps the oldest in a full outbox, unless the new one came in after all', async () => {
    const outbox = await start('a', { maxCount: 2 });
    await appendMany(outbox, 2);
    disk.fail({ code: 'ENOSPC', at });
    await expect(append(outbox)).rejects.toThrow();
    expect(await payloadsOf(outbox)).toEqual(['a1', 'a2']);
    const [first] = await outbox.next(1);
    await expect(outbox.remove([first ?? expect.fail()])).rejects.toThrow();
    expect(outbox.fill.count).toBe(1);
    disk.heal();
    await append(outbox);
    expect(await payloadsOf(outbox)).toEqual(['a2', 'a4']);
    expect(outbox.fill).toEqual({ count: 2, bytes: 4 });
    const next = await restart('b');
    expect(await payloadsOf(next)).toEqual(['a2', 'a4']);
    expect(rangesOf(next)).toContain('a 3-3 disk');
  });

  it('counts once a sample that would not have been taken anyway', async () => {
    const outbox = await start('a', { maxCount: 1, whenFull: 'drop-newest' });
    await append(outbox);
    disk.fail({ code: 'ENOSPC', at });
    await expect(append(outbox)).rejects.toThrow();
    disk.heal();
    expect(await append(outbox)).toBe(false);
    expect(rangesOf(outbox)).toEqual(['a 2-3 count']);
    expect((await restart('b')).ledger.totals).toEqual({ count: 2 });
  });

  it('does not confuse the ages', async () => {
    const outbox = await start('a', { maxAgeMs: 10_000 });
    await append(outbox);
    now = { ...now, atMs: 9_000 };
    await append(outbox);
    now = { ...now, atMs: 11_000 };
    disk.fail({ code: 'EIO', at });
    await expect(append(outbox)).rejects.toThrow();
    disk.heal();
    await append(outbox);
    expect(await payloadsOf(outbox)).toEqual(['a2', 'a4']);
    expect(rangesOf(outbox).sort()).toEqual(['a 1-1 age', 'a 3-3 disk']);
  });
});

describe('a disk that cannot be read when it works again', () => {
  it('costs nothing but time: nothing is delivered, and then all of it', async () => {
    const outbox = await start('a');
    await appendMany(outbox, 2);
    disk.fail({ code: 'EIO' });
    await expect(append(outbox)).rejects.toThrow('Input/output error');
    disk.heal();
    const read = vi.spyOn(VirtualLevel.prototype, '_get').mockRejectedValueOnce(new Error('EIO'));
    await expect(append(outbox)).rejects.toThrow('EIO');
    read.mockRestore();
    expect(await payloadsOf(outbox)).toEqual([]);
    await append(outbox);
    expect(await payloadsOf(outbox)).toEqual(['a1', 'a2', 'a5']);
    expect(rangesOf(outbox)).toEqual(['a 3-4 disk']);
  });
});

describe('a disk that takes a little, but not enough to open the store again', () => {
  it('costs nothing but time: nothing can be read, and then all of it', async () => {
    const store = disk.create(PATH);
    await store.open();
    const options = { bootId: 'a', bounds: ROOMY, now: () => now };
    const outbox = await Outbox.open(store, { ...options, probe: () => Promise.resolve() });
    await appendMany(outbox, 2);
    disk.fail({ code: 'ENOSPC' });
    for (let count = 0; count < 3; count++) await expect(append(outbox)).rejects.toThrow();
    expect(await payloadsOf(outbox)).toEqual([]);
    expect(outbox.fill.count).toBe(2);
    disk.heal();
    await append(outbox);
    expect(await payloadsOf(outbox)).toEqual(['a1', 'a2', 'a6']);
    expect(rangesOf(outbox)).toEqual(['a 3-5 disk']);
  });
});
