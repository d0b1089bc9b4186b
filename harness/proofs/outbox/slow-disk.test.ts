import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createLogger } from '../../../client/log.ts';
import { Outbox } from '../../../client/outbox/outbox.ts';
import type { Bounds, Now } from '../../../client/outbox/retention.ts';
import { droppedRanges, waiting } from '../../../client/outbox/testing/waiting.ts';
import { VirtualDisk } from '../../world/disk/virtual-disk.ts';
import { VirtualLevelDb } from '../../world/disk/virtual-leveldb.ts';
import { PATH, ROOMY } from './testing/outbox-witness.ts';

const HOUR_MS = 3_600_000;
/** Interval between samples. */
const INTERVAL_MS = 5_000;
/** More than stays in memory after it was written. */
const LARGE_BACKLOG = 600;

let disk: VirtualDisk;
let now: Now;
let logged: string[];
let opened: Outbox[];
beforeEach(() => {
  vi.useFakeTimers();
  disk = new VirtualDisk();
  now = { atMs: 0, wallMs: 0, clockSynced: false };
  logged = [];
  opened = [];
});
afterEach(async () => {
  vi.restoreAllMocks();
  disk.heal();
  disk.kill();
  for (const outbox of opened) await closed(outbox);
  vi.useRealTimers();
});

async function open(bootId: string, bounds: Partial<Bounds> = {}): Promise<Outbox> {
  const sink = { write: (line: string) => logged.push((JSON.parse(line) as { msg: string }).msg) };
  const outbox = Outbox.start({
    bootId,
    bounds: { ...ROOMY, maxCount: 10_000, ...bounds },
    now: () => now,
    stores: disk,
    path: PATH,
    log: createLogger({ level: 'info', format: 'json', sink }),
  });
  opened.push(outbox);
  await outbox.settled();
  return outbox;
}

/** Leaves one undelivered sample of each of `count` process starts on disk. */
async function leaveBacklog(count: number): Promise<void> {
  for (let start = 1; start <= count; start++) {
    const outbox = await open(`old${start}-`);
    await appendStored(outbox, 1);
    await closed(outbox);
  }
}

async function closed(outbox: Outbox): Promise<void> {
  const closing = outbox.close();
  await vi.advanceTimersByTimeAsync(1_000);
  await closing;
}

function append(outbox: Outbox, count = 1): void {
  for (let left = count; left > 0; left--) void outbox.append(({ bootId, seq }) => `${bootId}${seq}`);
}

async function appendStored(outbox: Outbox, count: number): Promise<void> {
  append(outbox, count);
  await outbox.settled();
}

/** Appends a sample every `INTERVAL_MS`. */
async function sample(outbox: Outbox, durationMs: number): Promise<void> {
  for (let leftMs = durationMs; leftMs > 0; leftMs -= INTERVAL_MS) {
    append(outbox);
    await vi.advanceTimersByTimeAsync(INTERVAL_MS);
  }
}

/** Delivers samples until the returned function is called, which resolves once the delivery has ended. */
function deliver(outbox: Outbox, onDelivered: (payload: string) => void): () => Promise<void> {
  const reader = outbox.reader();
  const stop = new AbortController();
  const run = async (): Promise<void> => {
    for (;;) {
      for (const entry of await reader.next(10, [stop.signal])) {
        onDelivered(entry.payload);
        outbox.release(entry);
      }
    }
  };
  const ended = expect(run()).rejects.toThrow('Stopped on request');
  return async () => {
    stop.abort();
    await ended;
  };
}

/** Makes reads of samples fail while writes succeed. */
function failReads(): void {
  vi.spyOn(VirtualLevelDb.prototype, '_iterator').mockImplementation(() => {
    throw Object.assign(new Error('IO error: Input/output error'), { code: 'LEVEL_IO_ERROR' });
  });
}

describe('on a disk that needs 10 s per read', () => {
  it.each([1, 2, 3, 20])('the samples of %d earlier starts are all delivered', async (starts) => {
    await leaveBacklog(starts);
    const outbox = await open('a');
    disk.slow(10_000);
    const delivered: string[] = [];
    const stop = deliver(outbox, (payload) => delivered.push(payload));
    await vi.advanceTimersByTimeAsync(HOUR_MS);
    await stop();
    expect(delivered).toEqual(Array.from({ length: starts }, (_, index) => `old${index + 1}-1`));
  });

  it('a new sample is delivered within about a second, whatever waits on disk', async () => {
    await leaveBacklog(20);
    const outbox = await open('a');
    disk.slow(10_000);
    append(outbox);
    const delivered: string[] = [];
    const stop = deliver(outbox, (payload) => delivered.push(payload));
    await vi.advanceTimersByTimeAsync(1_100);
    expect(delivered).toEqual(['a1']);
    await stop();
  });

  it('a stop does not wait for the disk', async () => {
    await leaveBacklog(20);
    const outbox = await open('a');
    disk.slow(10_000);
    const stop = deliver(outbox, () => undefined);
    await vi.advanceTimersByTimeAsync(50);
    const beganMs = performance.now();
    await stop();
    expect(performance.now()).toBe(beganMs);
  });

  it('samples on disk expire as soon as it is fast again', async () => {
    const outbox = await open('a', { maxAgeMs: HOUR_MS });
    await appendStored(outbox, 3_000);
    const heal = disk.slow(10_000);
    now = { ...now, atMs: 2 * HOUR_MS };
    append(outbox);
    await vi.advanceTimersByTimeAsync(20_000);
    heal();
    await sample(outbox, 100 * INTERVAL_MS);
    expect(outbox.usage.count).toBe(101);
  });
});

describe('a sample that is too old', () => {
  it.each([3, LARGE_BACKLOG])(
    'is not delivered, even if none was added since (%d waiting)',
    async (count) => {
      const outbox = await open('a', { maxAgeMs: 1_000 });
      await appendStored(outbox, count);
      now = { ...now, atMs: HOUR_MS };
      expect(await waiting(outbox)).toEqual([]);
      expect(outbox.ledger.totals).toEqual({ age: count });
    },
  );
});

describe('while samples cannot be read from disk', () => {
  it('newer ones of the same start wait for an hour; then those on disk are announced as dropped', async () => {
    const outbox = await open('a');
    await appendStored(outbox, LARGE_BACKLOG);
    disk.fail({ code: 'EIO', reads: true });
    const delivered: string[] = [];
    const stop = deliver(outbox, (payload) => delivered.push(payload));
    await sample(outbox, HOUR_MS - 60_000);
    expect(delivered).toEqual([]);
    expect(droppedRanges(outbox)).toEqual([]);
    await sample(outbox, 120_000);
    const [first] = delivered;
    expect(delivered).toHaveLength(outbox.appends - Number(first?.slice(1)) + 1);
    expect(droppedRanges(outbox)).toEqual([`a 1-${Number(first?.slice(1)) - 1} disk`]);
    await stop();
  });

  it('they are delivered in order if the disk works again within the hour', async () => {
    const outbox = await open('a');
    await appendStored(outbox, LARGE_BACKLOG);
    disk.fail({ code: 'EIO', reads: true });
    const delivered: string[] = [];
    const stop = deliver(outbox, (payload) => delivered.push(payload));
    await sample(outbox, HOUR_MS / 2);
    disk.heal();
    await sample(outbox, 60_000);
    await stop();
    expect(delivered).toEqual(Array.from({ length: outbox.appends }, (_, index) => `a${index + 1}`));
  });

  it('a full outbox stays full and drops the oldest, and the pauses between attempts to write hold', async () => {
    let probes = 0;
    const { probe } = disk;
    Object.assign(disk, { probe: () => ((probes += 1), probe()) });
    const outbox = await open('a', { maxCount: LARGE_BACKLOG });
    await appendStored(outbox, LARGE_BACKLOG);
    disk.fail({ code: 'EIO', reads: true });
    await sample(outbox, 600_000);
    expect(outbox.usage.count).toBe(LARGE_BACKLOG);
    expect(droppedRanges(outbox)).toEqual(['a 1-120 count']);
    expect(probes).toBeLessThan(30);
  });

  it('the log says so once, and the store is repaired once', async () => {
    const repair = vi.spyOn(disk, 'repair');
    const outbox = await open('a');
    await appendStored(outbox, LARGE_BACKLOG);
    failReads();
    const stop = deliver(outbox, () => undefined);
    await vi.advanceTimersByTimeAsync(600_000);
    await stop();
    expect(repair).toHaveBeenCalledOnce();
    expect(logged.filter((message) => message === 'cannot read the outbox')).toHaveLength(1);
    expect(logged.length).toBeLessThan(5);
  });
});
