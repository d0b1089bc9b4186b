import { describe, expect, it } from 'vitest';
import type { Store } from '../../../client/outbox/store/tables.ts';
import { VirtualDisk, type DiskEvent } from './virtual-disk.ts';

const PATH = '/var/lib/martinete/outbox';
const SYNCED = { sync: true } as object;

const opened = async (disk: VirtualDisk): Promise<Store> => {
  const store = disk.create(PATH);
  await store.open();
  return store;
};

const keysOf = async (store: Store): Promise<string[]> => store.keys().all();

/** Returns the keys that the next process finds after a power cut. */
async function survivors(disk: VirtualDisk): Promise<string[]> {
  disk.powerOn();
  const store = await opened(disk);
  const keys = await keysOf(store);
  await store.close();
  return keys;
}

describe('a virtual disk', () => {
  it('provides a complete store: sublevels, batches, ranges in both directions', async () => {
    const store = await opened(new VirtualDisk());
    const fruit = store.sublevel<string, { weightG: number }>('fruit', { valueEncoding: 'json' });
    await fruit.put('fig', { weightG: 50 });
    await fruit.batch([
      { type: 'put', key: 'apple', value: { weightG: 180 } },
      { type: 'put', key: 'pear', value: { weightG: 170 } },
    ]);
    await store
      .batch()
      .del('fig', { sublevel: fruit })
      .put('quince', { weightG: 250 }, { sublevel: fruit })
      .put('zebra', 'no fruit')
      .write();

    expect(await fruit.get('apple')).toEqual({ weightG: 180 });
    expect(await fruit.getMany(['fig', 'pear'])).toEqual([undefined, { weightG: 170 }]);
    expect(await fruit.has('fig')).toBe(false);
    expect(await fruit.hasMany(['pear', 'fig'])).toEqual([true, false]);
    expect(await fruit.keys({ reverse: true, limit: 2 }).all()).toEqual(['quince', 'pear']);
    expect(await fruit.iterator({ gt: 'apple', lt: 'q' }).all()).toEqual([['pear', { weightG: 170 }]]);
    expect(await fruit.values({ gte: 'quince' }).all()).toEqual([{ weightG: 250 }]);
    const cursor = fruit.keys();
    cursor.seek('p');
    expect(await cursor.nextv(1)).toEqual(['pear']);
    await cursor.close();
    await fruit.clear({ gt: 'apple' });
    expect(await keysOf(store)).toEqual(['!fruit!apple', 'zebra']);
  });

  it('keeps the writes of a process that is restarted or killed', async () => {
    const disk = new VirtualDisk();
    const first = await opened(disk);
    await first.put('unsynced', '1');
    await first.close();
    const second = await opened(disk);
    await second.put('also unsynced', '1');
    disk.kill();
    await expect(second.put('too late', '1')).rejects.toThrow();
    expect(await keysOf(await opened(disk))).toEqual(['also unsynced', 'unsynced']);
  });

  it('can be opened by one process at a time, like LevelDB', async () => {
    const disk = new VirtualDisk();
    const first = await opened(disk);
    await expect(disk.create(PATH).open()).rejects.toMatchObject({ cause: { code: 'LEVEL_LOCKED' } });
    await first.close();
    await expect(disk.create(PATH).open()).resolves.toBeUndefined();
  });

  it('cannot be opened again by a killed process', async () => {
    const disk = new VirtualDisk();
    const store = await opened(disk);
    disk.kill();
    await store.close();
    await expect(store.open()).rejects.toThrow();
  });

  it('loses unsynced writes in a power cut, and none before a sync', async () => {
    const disk = new VirtualDisk();
    const store = await opened(disk);
    await store.put('1', 'unsynced, but before a sync');
    await store.put('2', 'synced', SYNCED);
    await store.put('3', 'unsynced');
    await store.del('2');
    disk.powerCut();
    await expect(store.get('1')).rejects.toThrow();
    await expect(disk.create(PATH).open()).rejects.toThrow();
    expect(await survivors(disk)).toEqual(['1', '2']);
  });

  it('can lose only the latest unsynced writes', async () => {
    const disk = new VirtualDisk();
    const store = await opened(disk);
    for (const key of ['1', '2', '3']) await store.put(key, '');
    disk.powerCut(2);
    expect(await survivors(disk)).toEqual(['1', '2']);
  });

  it('applies a batch atomically', async () => {
    for (const [when, expected] of [
      [{ before: 1 }, []],
      [{ after: 1 }, []],
      [{ before: 2 }, []],
      [{ after: 2 }, ['1', '2']],
    ] as const) {
      const disk = new VirtualDisk();
      disk.powerCutAt(when);
      const store = await opened(disk);
      await expect(store.batch().put('1', '').put('2', '').write(SYNCED)).rejects.toThrow();
      expect(await survivors(disk)).toEqual(expected);
    }
  });

  it('numbers every write and every sync', async () => {
    const events: DiskEvent[] = [];
    const disk = new VirtualDisk((event) => events.push(event));
    const store = await opened(disk);
    await store.put('1', '');
    await store.batch([{ type: 'put', key: '2', value: '' }], SYNCED);
    await store.batch().del('1').write(SYNCED);
    expect(events.map(({ number, kind }) => `${number} ${kind}`)).toEqual([
      '1 write',
      '2 write',
      '3 sync',
      '4 write',
      '5 sync',
    ]);
    expect(disk.eventCount).toBe(5);
  });

  it('that is full rejects writes from a given event on, with the error of LevelDB', async () => {
    const disk = new VirtualDisk();
    const store = await opened(disk);
    disk.fail({ code: 'ENOSPC', from: 2 });
    await expect(disk.probe()).resolves.toBeUndefined();
    await store.put('1', '');
    await expect(store.put('2', '')).rejects.toMatchObject({
      code: 'LEVEL_IO_ERROR',
      message: 'IO error: No space left on device',
    });
    await expect(disk.probe()).rejects.toThrow('No space left on device');
    expect(await keysOf(store)).toEqual(['1']);
    disk.heal();
    await expect(disk.probe()).resolves.toBeUndefined();
  });

  it('loses writes after a torn record, even synced ones, unless the store is opened again first', async () => {
    const disk = new VirtualDisk();
    const store = await opened(disk);
    disk.fail({ code: 'ENOSPC' });
    await expect(store.put('torn', '')).rejects.toThrow();
    disk.heal();
    await store.put('unreadable', '', SYNCED);
    expect(await keysOf(store)).toEqual(['unreadable']);
    await store.close();
    await store.open();
    expect(await keysOf(store)).toEqual([]);
    await store.put('readable', '', SYNCED);
    disk.powerCut();
    expect(await survivors(disk)).toEqual(['readable']);
  });

  it('rejects writes after a failed sync until the store is opened again, and then has the unsynced write', async () => {
    const disk = new VirtualDisk();
    const store = await opened(disk);
    disk.fail({ code: 'EIO', at: 'sync' });
    await expect(store.put('1', '', SYNCED)).rejects.toThrow('Input/output error');
    disk.heal();
    await expect(store.put('2', '')).rejects.toThrow('Input/output error');
    expect(await keysOf(store)).toEqual([]);
    await store.close();
    await store.open();
    expect(await keysOf(store)).toEqual(['1']);
  });

  it('sets a store aside, and creates a new one', async () => {
    const disk = new VirtualDisk();
    disk.fill(PATH, [['old', '']]);
    const aside = disk.setAside(PATH);
    expect(await keysOf(await opened(disk))).toEqual([]);
    expect([...disk.contentOf(aside).keys()]).toEqual(['old']);
    expect(disk.bytes).toBe(3);
  });

  it('counts the processes that were killed while they used a store, like the real one', () => {
    const disk = new VirtualDisk();
    expect(disk.markInUse(PATH)).toBe(0);
    disk.kill();
    disk.clearInUse(PATH);
    expect(disk.markInUse(PATH)).toBe(1);
    disk.clearInUse(PATH);
    expect(disk.markInUse(PATH)).toBe(0);
  });

  it('does not repair a store that is open', async () => {
    const disk = new VirtualDisk();
    const store = await opened(disk);
    await store.put('fig', 'f');
    disk.damageTables();
    await expect(disk.repair(PATH)).rejects.toThrow('already held by process');
    await expect(keysOf(store)).rejects.toThrow('block checksum mismatch');
    await store.close();
    await disk.repair(PATH);
    expect(await keysOf(await opened(disk))).toEqual(['fig']);
  });

  it('reports what a process has read', async () => {
    const disk = new VirtualDisk();
    const read: unknown[] = [];
    disk.onRead = (entries) => read.push(...entries);
    const store = await opened(disk);
    await store.batch().put('fig', 'f').put('pear', 'p').write();
    await keysOf(store);
    expect(read).toEqual([]);
    for await (const entry of store.iterator({ limit: 1 })) expect(entry).toEqual(['fig', 'f']);
    await store.iterator({ gt: 'fig' }).all();
    expect(read).toEqual([
      ['fig', 'f'],
      ['pear', 'p'],
    ]);
  });

  it('ends the process that opens or reads a store so damaged, until a repair', async () => {
    const disk = new VirtualDisk();
    const store = await opened(disk);
    await store.put('1', '');
    let crashes = 0;
    disk.onCrash = () => (crashes += 1);
    disk.damage(PATH, { part: 'crash' });
    await expect(store.get('1')).rejects.toThrow();
    await expect(opened(disk)).rejects.toThrow();
    disk.powerOn();
    await expect(opened(disk)).rejects.toThrow();
    expect(crashes).toBe(2);
    disk.powerOn();
    expect(await disk.survives(PATH, 'read')).toBe(false);
    expect(await disk.survives(PATH, 'repair')).toBe(true);
    expect(await keysOf(await opened(disk))).toEqual(['1']);
  });

  it('works if its methods are destructured', async () => {
    const { create } = new VirtualDisk();
    await expect(create(PATH).open()).resolves.toBeUndefined();
  });
});
