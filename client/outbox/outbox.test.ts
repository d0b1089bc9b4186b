import { MemoryLevel } from 'memory-level';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createLogger } from '../log.ts';
import { Outbox } from './outbox.ts';
import type { Bounds, Now } from './retention.ts';
import { SAMPLE_ENCODING } from './stored-sample.ts';
import { tablesOf } from './store/tables.ts';
import { memoryStores } from './testing/memory-stores.ts';
import { droppedRanges as rangesOf, waiting } from './testing/waiting.ts';

const ROOMY: Bounds = { maxCount: 10_000, maxBytes: 1_000_000, maxAgeMs: 1e12, whenFull: 'drop-oldest' };
const HOUR_MS = 3_600_000;

let store: MemoryLevel;
let opened: Outbox[];
let now: Now;
beforeEach(() => {
  store = new MemoryLevel();
  opened = [];
  now = { atMs: 0, wallMs: Date.parse('2026-05-04T06:00:00Z'), clockSynced: true };
});

async function start(bootId: string, bounds: Partial<Bounds> = {}): Promise<Outbox> {
  const outbox = Outbox.start({
    bootId,
    bounds: { ...ROOMY, ...bounds },
    now: () => now,
    stores: memoryStores(store),
    path: 'outbox',
    log: createLogger({ level: 'silent', format: 'json', sink: { write: () => undefined } }),
  });
  opened.push(outbox);
  await outbox.settled();
  return outbox;
}

afterEach(async () => {
  for (const outbox of opened) await outbox.close();
});

/** Advances both clocks. */
function pass(ms: number): void {
  now = { ...now, atMs: now.atMs + ms, wallMs: now.wallMs + ms };
}

/** Resets the monotonic clock, as a restart of the machine does. */
function reboot(): void {
  now = { ...now, atMs: 0 };
}

const payloadsOf = async (outbox: Outbox): Promise<string[]> =>
  (await waiting(outbox)).map(({ payload }) => payload);

const append = (outbox: Outbox): Promise<boolean> =>
  outbox.append(({ bootId, seq }) => `${bootId}${seq}`.padEnd(10, '.'));

async function appendMany(outbox: Outbox, count: number): Promise<void> {
  for (let left = count; left > 0; left--) await append(outbox);
}

async function deliver(outbox: Outbox, count: number): Promise<void> {
  for (const entry of await waiting(outbox, count)) outbox.release(entry);
}

describe('an undelivered sample', () => {
  it('is sent in order of creation, and removed after delivery', async () => {
    const outbox = await start('a');
    await appendMany(outbox, 5);
    expect(await payloadsOf(outbox)).toEqual([
      'a1........',
      'a2........',
      'a3........',
      'a4........',
      'a5........',
    ]);
    await deliver(outbox, 2);
    expect(outbox.usage).toEqual({ count: 3, bytes: 30 });
    expect(outbox.delivered).toBe(2);
    expect(await payloadsOf(outbox)).toEqual(['a3........', 'a4........', 'a5........']);
  });

  it('is returned once by a reader that reads in parts', async () => {
    const outbox = await start('a');
    await appendMany(outbox, 5);
    const reader = outbox.reader();
    expect(await reader.available(2)).toHaveLength(2);
    expect((await reader.available(2)).map(({ payload }) => payload.slice(0, 2))).toEqual(['a3', 'a4']);
  });

  it('is sent unchanged, before the samples of a later start', async () => {
    const awkward = '{"quote":"\\" \\n","city":"A Coruña","scooter":"🛴"}';
    const first = await start('a');
    await first.append(() => awkward);
    await first.close();
    const second = await start('b');
    await append(second);
    expect(await payloadsOf(second)).toEqual([awkward, 'b1........']);
    expect(second.usage.bytes).toBe(Buffer.byteLength(awkward) + 10);
  });

  it('is numbered from 1 in each start, without gaps if creating a payload fails', async () => {
    const outbox = await start('a');
    expect(() =>
      outbox.append(() => {
        throw new Error('no payload');
      }),
    ).toThrow('no payload');
    await append(outbox);
    expect(await payloadsOf(outbox)).toEqual(['a1........']);
  });

  it('is subtracted once if the broker acknowledges it twice', async () => {
    const outbox = await start('a');
    await appendMany(outbox, 3);
    const entries = await waiting(outbox, 2);
    for (const entry of [...entries, ...entries]) outbox.release(entry);
    expect(outbox.usage).toEqual({ count: 1, bytes: 10 });
    expect(outbox.delivered).toBe(2);
  });

  it('is subtracted once if it was dropped while in flight', async () => {
    const outbox = await start('a', { maxCount: 2 });
    await appendMany(outbox, 2);
    const entries = await waiting(outbox, 2);
    await append(outbox);
    for (const entry of entries) outbox.release(entry);
    expect(outbox.usage).toEqual({ count: 1, bytes: 10 });
    outbox.quarantine(entries[0] ?? expect.fail());
    expect(rangesOf(outbox)).toEqual(['a 1-1 count']);
  });

  it('is not sent again if the broker refuses it, but kept for the owner', async () => {
    const first = await start('a');
    await appendMany(first, 3);
    const [entry] = await waiting(first, 1);
    first.quarantine(entry ?? expect.fail());
    await first.close();
    const second = await start('b');
    expect((await payloadsOf(second)).map((payload) => payload.slice(0, 2))).toEqual(['a2', 'a3']);
    expect(rangesOf(second)).toEqual(['a 1-1 refused']);
    const { aside } = tablesOf(store);
    expect((await aside.values().all()).map((sample) => sample?.payload)).toEqual(['a1........']);
  });

  it('is kept in quarantine if it is among the newest thousand there', async () => {
    await store.open();
    const { aside } = tablesOf(store);
    const sample = { payload: 'x', atMs: 0, wallMs: 0, clockSynced: false };
    await aside.batch(
      Array.from({ length: 1_000 }, (_, index) => ({
        type: 'put',
        key: `0000000000/${index}`,
        value: sample,
      })),
    );
    const outbox = await start('a');
    await append(outbox);
    for (const entry of await waiting(outbox, 1)) outbox.quarantine(entry);
    await outbox.settled();
    const keys = await aside.keys().all();
    expect(keys).toHaveLength(1_000);
    expect(keys).not.toContain('0000000000/0');
    expect(keys).toContain('0000000001/0000000001');
  });
});

describe('waiting', () => {
  const never = new AbortController().signal;

  it('for the next sample ends when it is appended', async () => {
    const outbox = await start('a');
    let woken = 0;
    const wait = outbox
      .reader()
      .next(10, [never])
      .then(({ length }) => (woken = length));
    await append(outbox);
    await wait;
    expect(woken).toBe(1);
  });

  it('for the next sample can be aborted', async () => {
    const outbox = await start('a');
    const stop = new AbortController();
    const wait = outbox.reader().next(10, [stop.signal]);
    stop.abort();
    await expect(wait).rejects.toThrow('Stopped');
  });

  it('for the delivery of all samples ends with the last one, or after a timeout', async () => {
    vi.useFakeTimers();
    try {
      const outbox = await start('a');
      await outbox.drained(1_000, never);
      await appendMany(outbox, 2);
      const drained = outbox.drained(1_000, never);
      await deliver(outbox, 2);
      await drained;
      await append(outbox);
      const timedOut = outbox.drained(1_000, never);
      await vi.advanceTimersByTimeAsync(1_000);
      await timedOut;
      await outbox.close();
      expect(vi.getTimerCount()).toBe(0);
    } finally {
      vi.useRealTimers();
    }
  });
});

describe('a full outbox', () => {
  it('drops the oldest samples, and reports which', async () => {
    const outbox = await start('a', { maxCount: 3 });
    for (let count = 0; count < 5; count++) expect(await append(outbox)).toBe(true);
    expect((await payloadsOf(outbox)).map((payload) => payload.slice(0, 2))).toEqual(['a3', 'a4', 'a5']);
    expect(rangesOf(outbox)).toEqual(['a 1-2 count']);
    expect(outbox.ledger.totals).toEqual({ count: 2 });
  });

  it('rejects the newest samples if configured so, and reports which', async () => {
    const outbox = await start('a', { maxCount: 2, whenFull: 'drop-newest' });
    await appendMany(outbox, 2);
    expect(await append(outbox)).toBe(false);
    expect(await append(outbox)).toBe(false);
    await deliver(outbox, 1);
    expect(await append(outbox)).toBe(true);
    expect((await payloadsOf(outbox)).map((payload) => payload.slice(0, 2))).toEqual(['a2', 'a5']);
    expect(rangesOf(outbox)).toEqual(['a 3-4 count']);
    expect(outbox.appends).toBe(3);
  });

  it('counts bytes as well as samples', async () => {
    const outbox = await start('a', { maxBytes: 35 });
    await appendMany(outbox, 3);
    await outbox.append(() => '·'.repeat(12));
    expect((await payloadsOf(outbox)).map((payload) => payload.slice(0, 2))).toEqual(['a3', '··']);
    expect(outbox.usage).toEqual({ count: 2, bytes: 34 });
    expect(rangesOf(outbox)).toEqual(['a 1-2 bytes']);
  });

  it('drops nothing for a sample that alone exceeds the limit', async () => {
    const outbox = await start('a', { maxBytes: 35 });
    await appendMany(outbox, 3);
    expect(await outbox.append(() => '.'.repeat(36))).toBe(false);
    expect(outbox.usage.count).toBe(3);
    expect(rangesOf(outbox)).toEqual(['a 4-4 bytes']);
  });

  it('is reduced to lower limits when it is opened', async () => {
    const first = await start('a');
    await appendMany(first, 1_200);
    await first.close();
    const second = await start('b', { maxCount: 100 });
    expect(second.usage).toEqual({ count: 100, bytes: 1_000 });
    expect(rangesOf(second)).toEqual(['a 1-1100 count']);
    expect((await payloadsOf(second)).at(0)).toBe('a1101.....');
  });
});

describe('a sample that is too old', () => {
  it('is dropped when the next one is appended', async () => {
    const outbox = await start('a', { maxAgeMs: HOUR_MS });
    await append(outbox);
    pass(HOUR_MS / 2);
    await append(outbox);
    pass(HOUR_MS / 2 + 1);
    await append(outbox);
    expect((await payloadsOf(outbox)).map((payload) => payload.slice(0, 2))).toEqual(['a2', 'a3']);
    pass(HOUR_MS / 2);
    await append(outbox);
    expect(rangesOf(outbox)).toEqual(['a 1-2 age']);
    expect(outbox.ledger.totals).toEqual({ age: 2 });
  });

  it('is dropped before a new one would be rejected', async () => {
    const outbox = await start('a', { maxAgeMs: HOUR_MS, maxCount: 1, whenFull: 'drop-newest' });
    await append(outbox);
    pass(HOUR_MS + 1);
    expect(await append(outbox)).toBe(true);
    expect(rangesOf(outbox)).toEqual(['a 1-1 age']);
  });

  it('is dropped after a sample of unknown age before it was delivered', async () => {
    now = { ...now, clockSynced: false };
    const first = await start('a', { maxAgeMs: HOUR_MS });
    await append(first);
    await first.close();
    reboot();
    const second = await start('b', { maxAgeMs: HOUR_MS });
    await append(second);
    await deliver(second, 1);
    pass(HOUR_MS + 1);
    await append(second);
    expect(rangesOf(second)).toEqual(['b 1-1 age']);
  });

  it('is dropped although a sample of unknown age is before it', async () => {
    now = { ...now, clockSynced: false };
    const first = await start('a', { maxAgeMs: HOUR_MS });
    await append(first);
    now = { ...now, clockSynced: true };
    await append(first);
    await first.close();
    reboot();
    const second = await start('b', { maxAgeMs: HOUR_MS });
    await append(second);
    pass(HOUR_MS + 1);
    await append(second);
    await second.settled();
    expect((await payloadsOf(second)).map((payload) => payload.slice(0, 2))).toEqual(['a1', 'b2']);
    expect(rangesOf(second).sort()).toEqual(['a 2-2 age', 'b 1-1 age']);
  });

  it('of an earlier start is dropped when the outbox is opened, if the clock was synchronised both then and now', async () => {
    const first = await start('a', { maxAgeMs: HOUR_MS });
    await appendMany(first, 2);
    await first.close();
    pass(HOUR_MS + 1);
    reboot();
    const second = await start('b', { maxAgeMs: HOUR_MS });
    expect(second.usage.count).toBe(0);
    expect(rangesOf(second)).toEqual(['a 1-2 age']);
  });

  it.each([
    { then: false, today: true },
    { then: true, today: false },
    { then: false, today: false },
  ])(
    'of an earlier start is kept if the clock was not synchronised (then $then, now $today)',
    async ({ then, today }) => {
      now = { ...now, clockSynced: then };
      const first = await start('a', { maxAgeMs: HOUR_MS });
      await append(first);
      await first.close();
      pass(100 * HOUR_MS);
      now = { ...now, atMs: 0, clockSynced: today };
      const second = await start('b', { maxAgeMs: HOUR_MS });
      await append(second);
      expect(second.usage.count).toBe(2);
      expect(rangesOf(second)).toEqual([]);
    },
  );

  it('is not assumed if the clock starts in 1970 and is synchronised later', async () => {
    now = { atMs: 0, wallMs: 0, clockSynced: false };
    const first = await start('a', { maxAgeMs: HOUR_MS });
    await append(first);
    now = { atMs: 60_000, wallMs: Date.parse('2026-05-04T06:00:00Z'), clockSynced: true };
    await append(first);
    await first.close();
    now = { ...now, atMs: 0, wallMs: now.wallMs + 60_000 };
    const second = await start('b', { maxAgeMs: HOUR_MS });
    await append(second);
    expect(second.usage.count).toBe(3);
    expect(rangesOf(second)).toEqual([]);
  });

  it('is not assumed if the wall clock is set back or forward while the process runs', async () => {
    const outbox = await start('a', { maxAgeMs: HOUR_MS });
    await append(outbox);
    for (const hours of [100, -200]) {
      now = { ...now, wallMs: now.wallMs + hours * HOUR_MS };
      await append(outbox);
    }
    expect(outbox.usage.count).toBe(3);
  });
});

describe('reading from disk', () => {
  it('is not necessary to append a sample, unless others must be dropped', async () => {
    const first = await start('a');
    await appendMany(first, 3);
    await first.close();
    const second = await start('b');
    await append(second);
    const reads = (['iterator', 'keys', 'values', 'get', 'getMany', 'has', 'hasMany'] as const).map(
      (method) => vi.spyOn(store, method),
    );
    await appendMany(second, 3);
    for (const read of reads) expect(read).not.toHaveBeenCalled();
  });

  it('decodes no samples when the outbox is opened', async () => {
    const decode = vi.spyOn(SAMPLE_ENCODING, 'decode');
    const first = await start('a');
    await appendMany(first, 1_100);
    await first.close();
    const second = await start('b');
    expect(second.usage.count).toBe(1_100);
    expect(decode).not.toHaveBeenCalled();
    await second.reader().next(1, []);
    expect(decode).toHaveBeenCalled();
    decode.mockRestore();
  });

  it('is done in small chunks when the outbox is opened', async () => {
    const first = await start('a');
    await appendMany(first, 1_100);
    await first.close();
    const sizes: number[] = [];
    const original = store.iterator.bind(store) as (...args: unknown[]) => ReturnType<typeof store.iterator>;
    vi.spyOn(store, 'iterator').mockImplementation((...args: unknown[]) => {
      const iterator = original(...args);
      const nextv = iterator.nextv.bind(iterator);
      iterator.nextv = async (size: number) => {
        const entries = await nextv(size);
        sizes.push(entries.length);
        return entries;
      };
      return iterator;
    });
    const second = await start('b');
    expect(second.usage.count).toBe(1_100);
    expect(Math.max(...sizes)).toBeLessThanOrEqual(500);
  });
});

describe('a damaged store', () => {
  it('announces a sample with a flipped bit as lost instead of publishing it', async () => {
    const first = await start('a');
    await appendMany(first, 3);
    await first.close();
    await store.open();
    const bare = store.sublevel('journal');
    const stored = (await bare.get('0000000001/0000000002')) ?? '';
    await bare.put('0000000001/0000000002', stored.replace('a2', 'a9'));
    await bare.put('0000000001/00000000!2', stored);
    const second = await start('b');
    expect((await payloadsOf(second)).map((payload) => payload.slice(0, 2))).toEqual(['a1', 'a3']);
    expect(second.usage.count).toBe(2);
    expect(rangesOf(second)).toEqual(['a 2-2 disk']);
    await second.close();
    expect(rangesOf(await start('c'))).toEqual(['a 2-2 disk']);
  });

  it.each([
    { lost: 'one sample', first: 2, last: 2 },
    { lost: 'all samples of the row', first: 1, last: 256 },
  ])('without an index row announces $lost once, not at each start', async ({ first, last }) => {
    const writer = await start('a');
    for (let count = 0; count < 300; count++) void append(writer);
    await writer.settled();
    await writer.close();
    await store.open();
    const key = (number: number): string => `0000000001/${String(number).padStart(10, '0')}`;
    await store.sublevel('segments').put(key(0), 'damaged');
    await store.sublevel('journal').clear({ gte: key(first), lte: key(last) });
    for (const bootId of ['b', 'c', 'd']) {
      const outbox = await start(bootId);
      expect(rangesOf(outbox)).toEqual([`a ${first}-${last} disk`]);
      expect(outbox.ledger.totals).toEqual({ disk: last - first + 1 });
      expect(outbox.usage.count).toBe(300 - (last - first + 1));
      await outbox.close();
    }
  });

  it('without the counter of process starts does not use a number twice', async () => {
    const first = await start('a');
    await append(first);
    await first.close();
    await store.open();
    await store.sublevel('meta').del('boot');
    const second = await start('b');
    await append(second);
    expect(await payloadsOf(second)).toEqual(['a1........', 'b1........']);
  });
});

describe('rows of process starts', () => {
  it('are deleted if no samples are left, except for the latest', async () => {
    for (let count = 0; count < 20; count++) {
      const outbox = await start(`start ${count}`);
      if (count === 0) await append(outbox);
      await outbox.close();
    }
    await store.open();
    const { starts } = tablesOf(store);
    expect((await starts.values().all()).map((start) => start?.id)).toEqual(['start 0', 'start 19']);
  });
});
