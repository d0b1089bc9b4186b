import { readFileSync } from 'node:fs';
import { MemoryLevel } from 'memory-level';
import { describe, expect, it } from 'vitest';
import { NewerStoreError, openLayout, type Store } from './layout.ts';
import { Outbox } from './outbox.ts';

interface Row {
  readonly key: string;
  readonly value: string;
}

function fixture(layout: number): Row[] {
  const lines = readFileSync(`fixtures/stores/layout-${layout}.jsonl`, 'utf8').trim().split('\n');
  return lines.map((line) => JSON.parse(line) as Row);
}

async function storeWith(rows: readonly Row[]): Promise<Store> {
  const store = new MemoryLevel();
  await store.open();
  await store.batch(rows.map((row) => ({ type: 'put', ...row })));
  return store;
}

const contentOf = (store: Store): Promise<[string, string][]> => store.iterator().all();

function open(store: Store): Promise<Outbox> {
  return Outbox.open(store, {
    bootId: 'now',
    bounds: { maxCount: 1_000, maxBytes: 1_000_000, maxAgeMs: 1e15, whenFull: 'drop-oldest' },
    now: () => ({ atMs: 0, wallMs: Date.parse('2026-05-04T06:00:00Z'), clockSynced: true }),
  });
}

const payloadsOf = async (outbox: Outbox): Promise<string[]> =>
  (await outbox.next(1_000)).map(({ payload }) => payload);

describe('the outbox of the first version', () => {
  const rows = fixture(0);
  const payloads = rows.filter(({ key }) => key.startsWith('!samples!')).map(({ value }) => value);

  it('is taken over sample by sample, byte for byte, in order, and new ones come behind', async () => {
    const store = await storeWith(rows);
    const outbox = await open(store);
    await outbox.append(() => 'new');
    expect(payloads).toHaveLength(10);
    expect(await payloadsOf(outbox)).toEqual([...payloads, 'new']);
    expect((await contentOf(store)).filter(([key]) => key.startsWith('!samples!'))).toEqual([]);
  });

  it('keeps the times and the names by which its samples grow old and are announced', async () => {
    const layout = await openLayout(await storeWith(rows));
    expect(await layout.boots.iterator().all()).toEqual([
      ['1', '5f0c93d1a7be2240'],
      ['2', 'c41e07aa9b3d5586'],
      ['3', '08d2be6f71c3940a'],
    ]);
    expect(await layout.samples.get('0000000001/0000000003')).toMatchObject({
      wallMs: Date.parse('1970-01-01T00:00:41.274Z'),
      clockSynced: false,
    });
    expect(await layout.samples.get('0000000003/0000000001')).toMatchObject({
      wallMs: Date.parse('2026-03-07T10:12:50Z'),
      clockSynced: true,
    });
  });

  it('keeps samples of which nobody knows what they are', async () => {
    const strange = ['', 'null', '[1]', '{"timestamp":"yesterday","boot_id":7}', 'not JSON'];
    const keys = strange.map((_, index) => `!samples!0000000003/000000010${index}`);
    const store = await storeWith([
      ...rows,
      ...strange.map((value, index) => ({ key: keys[index] ?? '', value })),
    ]);
    const outbox = await open(store);
    expect(await payloadsOf(outbox)).toEqual([...payloads, ...strange.slice(1)]);
    expect(outbox.ledger.ranges).toMatchObject([{ bootId: '08d2be6f71c3940a', from: 100, to: 100 }]);
  });
});

describe('an outbox of today', () => {
  it('can be read by every later version: its layout is as it was when it was laid down', async () => {
    const outbox = await open(await storeWith(fixture(1)));
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

  it('is not written to when it is opened', async () => {
    const store = await storeWith(fixture(1));
    const before = await contentOf(store);
    await openLayout(store);
    expect(await contentOf(store)).toEqual(before);
  });
});

describe('an outbox of a later version', () => {
  it('is refused, and not touched', async () => {
    const store = await storeWith([...fixture(1), { key: '!meta!version', value: '2' }]);
    const before = await contentOf(store);
    await expect(open(store)).rejects.toThrow(NewerStoreError);
    expect(await contentOf(store)).toEqual(before);
  });
});
