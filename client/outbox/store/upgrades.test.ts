import { readFileSync } from 'node:fs';
import { MemoryLevel } from 'memory-level';
import { afterEach, describe, expect, it } from 'vitest';
import { createLogger } from '../../log.ts';
import { Outbox } from '../outbox.ts';
import { memoryStores } from '../testing/memory-stores.ts';
import { droppedRanges, waiting } from '../testing/waiting.ts';
import { tablesOf } from './tables.ts';
import { NewerStoreError, upgradeStore } from './upgrades.ts';

interface Row {
  readonly key: string;
  readonly value: string;
}

function fixture(layout: number): Row[] {
  const lines = readFileSync(`fixtures/stores/layout-${layout}.jsonl`, 'utf8').trim().split('\n');
  return lines.map((line) => JSON.parse(line) as Row);
}

async function storeWith(rows: readonly Row[]): Promise<MemoryLevel> {
  const store = new MemoryLevel();
  await store.open();
  await store.batch(rows.map((row) => ({ type: 'put', ...row })));
  return store;
}

const contentOf = (store: MemoryLevel): Promise<[string, string][]> => store.iterator().all();

async function open(store: MemoryLevel): Promise<Outbox> {
  const outbox = Outbox.start({
    bootId: 'now',
    bounds: { maxCount: 1_000, maxBytes: 1_000_000, maxAgeMs: 1e15, whenFull: 'drop-oldest' },
    now: () => ({ atMs: 0, wallMs: Date.parse('2026-05-04T06:00:00Z'), clockSynced: true }),
    stores: memoryStores(store),
    path: 'outbox',
    log: createLogger({ level: 'silent', format: 'json', sink: { write: () => undefined } }),
  });
  await outbox.settled();
  opened.push(outbox);
  return outbox;
}

async function upgraded(store: MemoryLevel): Promise<MemoryLevel> {
  await upgradeStore(tablesOf(store), new AbortController().signal);
  return store;
}

const payloadsOf = async (outbox: Outbox): Promise<string[]> =>
  (await waiting(outbox)).map(({ payload }) => payload);

let opened: Outbox[] = [];
afterEach(async () => {
  for (const outbox of opened) await outbox.close();
  opened = [];
});

describe('the outbox of the first version', () => {
  const rows = fixture(0);
  const payloads = rows.filter(({ key }) => key.startsWith('!samples!')).map(({ value }) => value);

  it('keeps its samples unchanged and in order, followed by new ones', async () => {
    const store = await storeWith(rows);
    const outbox = await open(store);
    await outbox.append(() => 'new');
    expect(payloads).toHaveLength(10);
    expect(await payloadsOf(outbox)).toEqual([...payloads, 'new']);
    expect((await contentOf(store)).filter(([key]) => key.startsWith('!samples!'))).toEqual([]);
  });

  it('keeps the times and ids of its samples', async () => {
    const { starts, samples } = tablesOf(await upgraded(await storeWith(rows)));
    expect(await starts.iterator().all()).toEqual([
      ['1', { id: '5f0c93d1a7be2240', segments: [[0, 0]] }],
      ['2', { id: 'c41e07aa9b3d5586', segments: [[0, 0]] }],
      ['3', { id: '08d2be6f71c3940a', segments: [[0, 0]] }],
    ]);
    expect(await samples.get('0000000001/0000000003')).toMatchObject({
      wallMs: Date.parse('1970-01-01T00:00:41.274Z'),
      clockSynced: false,
    });
    expect(await samples.get('0000000003/0000000001')).toMatchObject({
      wallMs: Date.parse('2026-03-07T10:12:50Z'),
      clockSynced: true,
    });
  });

  it('keeps samples with unknown content', async () => {
    const malformed = ['', 'null', '[1]', '{"timestamp":"yesterday","boot_id":7}', 'not JSON'];
    const keys = malformed.map((_, index) => `!samples!0000000003/000000010${index}`);
    const store = await storeWith([
      ...rows,
      ...malformed.map((value, index) => ({ key: keys[index] ?? '', value })),
    ]);
    const outbox = await open(store);
    expect(await payloadsOf(outbox)).toEqual([...payloads, ...malformed.slice(1)]);
    expect(droppedRanges(outbox)).toEqual(['08d2be6f71c3940a 100-100 disk']);
  });
});

describe.each([1, 2])('an outbox of layout %i', (layout) => {
  it('can be read by this version', async () => {
    const outbox = await open(await storeWith(fixture(layout)));
    const samples = (await payloadsOf(outbox)).map(
      (payload) => JSON.parse(payload) as { boot_id: string; seq: number; place?: string },
    );
    expect(samples.map(({ boot_id: bootId, seq }) => `${bootId} ${seq}`)).toEqual([
      ...[1, 2, 3, 4, 5].map((seq) => `08d2be6f71c3940a ${seq}`),
      ...[1, 2, 3].map((seq) => `77e0b2c9d4f1a356 ${seq}`),
    ]);
    expect(samples.at(-1)?.place).toBe('Sísamo 🛴');
    expect(outbox.ledger.totals).toEqual({ count: 4, refused: 1 });
    expect(outbox.ledger.ranges).toHaveLength(3);
  });

  it('is upgraded to the current layout', async () => {
    const store = await upgraded(await storeWith(fixture(layout)));
    expect(await contentOf(store)).toEqual(fixture(2).map(({ key, value }) => [key, value]));
  });
});

describe('an outbox of a later version', () => {
  it('is rejected, and not changed', async () => {
    const store = await storeWith([...fixture(2), { key: '!meta!version', value: '3' }]);
    const before = await contentOf(store);
    await expect(upgraded(store)).rejects.toThrow(NewerStoreError);
    expect(await contentOf(store)).toEqual(before);
  });
});
