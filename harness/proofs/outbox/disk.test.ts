import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createLogger } from '../../../client/log.ts';
import { Outbox } from '../../../client/outbox/outbox.ts';
import type { Bounds, Now } from '../../../client/outbox/retention.ts';
import type { Entry } from '../../../client/outbox/stored-sample.ts';
import { droppedRanges, waiting } from '../../../client/outbox/testing/waiting.ts';
import { DiskError } from '../../world/disk/disk-error.ts';
import { VirtualDisk } from '../../world/disk/virtual-disk.ts';
import { VirtualLevelDb } from '../../world/disk/virtual-leveldb.ts';

const PATH = 'outbox';
const ROOMY: Bounds = { maxCount: 1_000, maxBytes: 1_000_000, maxAgeMs: 1e12, whenFull: 'drop-oldest' };
/** Longer than the maximum interval between attempts to write. */
const A_WHILE_MS = 31_000;
const UNAVAILABLE =
  'outbox unavailable, buffering samples in memory (lost on restart): check the disk and [outbox] path';

interface Line {
  readonly level: number;
  readonly msg: string;
  readonly ranges?: readonly string[];
}

let disk: VirtualDisk;
let now: Now;
let opened: Outbox[];
let lines: Line[];
beforeEach(() => {
  vi.useFakeTimers();
  disk = new VirtualDisk();
  now = { atMs: 0, wallMs: 0, clockSynced: false };
  opened = [];
  lines = [];
});
afterEach(async () => {
  disk.kill();
  for (const outbox of opened) await ended(outbox);
  expect(vi.getTimerCount(), 'timers that outlive the outbox').toBe(0);
  vi.useRealTimers();
});

function begin(bootId: string, bounds: Partial<Bounds> = {}, syncIntervalMs = 0): Outbox {
  const sink = { write: (line: string) => lines.push(JSON.parse(line) as Line) };
  const outbox = Outbox.start({
    bootId,
    bounds: { ...ROOMY, ...bounds },
    syncIntervalMs,
    now: () => now,
    stores: disk,
    path: PATH,
    log: createLogger({ level: 'info', format: 'json', sink }),
  });
  opened.push(outbox);
  return outbox;
}

async function start(bootId: string, bounds: Partial<Bounds> = {}): Promise<Outbox> {
  const outbox = begin(bootId, bounds);
  await outbox.settled();
  return outbox;
}

/** Closes an outbox; returns the time it takes, in milliseconds. */
async function ended(outbox: Outbox): Promise<number> {
  const beganMs = performance.now();
  let endedMs: number | undefined;
  void outbox.close().then(() => (endedMs = performance.now()));
  while (endedMs === undefined) await vi.advanceTimersByTimeAsync(10);
  return endedMs - beganMs;
}

/** Cuts the power, and starts the next process. */
async function restart(bootId: string, bounds: Partial<Bounds> = {}): Promise<Outbox> {
  disk.powerCut();
  disk.powerOn();
  return await start(bootId, bounds);
}

function append(outbox: Outbox, count = 1): void {
  for (let left = count; left > 0; left--) void outbox.append(({ bootId, seq }) => `${bootId}${seq}`);
}

async function appendStored(outbox: Outbox, count: number): Promise<void> {
  append(outbox, count);
  await outbox.settled();
}

const payloadsOf = (entries: readonly Entry[]): string => entries.map(({ payload }) => payload).join(' ');
const waitingIn = async (outbox: Outbox): Promise<string> => payloadsOf(await waiting(outbox));
const logged = (): string[] => lines.map(({ msg }) => msg);

async function deliver(outbox: Outbox, count: number): Promise<string> {
  const entries = await waiting(outbox, count);
  for (const entry of entries) outbox.release(entry);
  return payloadsOf(entries);
}

describe.each(['write', 'sync'] as const)('a disk that fails at the %s', (at) => {
  it('for an hour loses no sample of a connected client, including those stored before', async () => {
    const outbox = await start('a');
    await appendStored(outbox, 3);
    disk.fail({ code: 'EIO', at });
    const delivered: string[] = [];
    for (let count = 0; count < 720; count++) {
      append(outbox);
      await vi.advanceTimersByTimeAsync(5_000);
      delivered.push(await deliver(outbox, 10));
    }
    expect(delivered.join(' ')).toBe(Array.from({ length: 723 }, (_, index) => `a${index + 1}`).join(' '));
    disk.heal();
    await vi.advanceTimersByTimeAsync(A_WHILE_MS);
    append(outbox);
    await outbox.settled();
    expect(droppedRanges(outbox)).toEqual([]);
    expect(await waitingIn(await restart('b'))).toBe('a724');
  });

  it('is written to as soon as it works again; failure and recovery are logged once each', async () => {
    const outbox = await start('a');
    await appendStored(outbox, 2);
    disk.fail({ code: 'ENOSPC', at });
    for (let count = 0; count < 50; count++) {
      append(outbox);
      await vi.advanceTimersByTimeAsync(5_000);
    }
    expect(logged()).toEqual([UNAVAILABLE]);
    disk.heal();
    await vi.advanceTimersByTimeAsync(A_WHILE_MS);
    expect(logged()).toHaveLength(2);
    expect(logged()[1]).toMatch(/^outbox available again after \d+ s: wrote 50 buffered samples$/);
    const next = await restart('b');
    expect(await waiting(next)).toHaveLength(52);
    expect(droppedRanges(next)).toEqual([]);
  });

  it('does not restore a sample that was delivered in the meantime', async () => {
    const outbox = await start('a');
    await appendStored(outbox, 3);
    disk.fail({ code: 'EIO', at });
    append(outbox, 3);
    await outbox.settled();
    expect(await deliver(outbox, 5)).toBe('a1 a2 a3 a4 a5');
    disk.heal();
    await outbox.settled();
    append(outbox);
    await outbox.settled();
    expect(await waitingIn(await restart('b'))).toBe('a6 a7');
  });

  it('and works again at the stop receives the buffered samples', async () => {
    const outbox = await start('a');
    await appendStored(outbox, 2);
    disk.fail({ code: 'ENOSPC', at });
    append(outbox);
    await outbox.settled();
    await deliver(outbox, 1);
    disk.heal();
    await ended(outbox);
    expect(await waitingIn(await start('b'))).toBe('a2 a3');
  });

  it('is reported as available again although it is slower than the sampling interval', async () => {
    const outbox = await start('a');
    disk.fail({ code: 'EIO', at });
    append(outbox);
    await vi.advanceTimersByTimeAsync(10_000);
    disk.heal();
    const end = disk.slow(1_500);
    for (let count = 0; count < 60; count++) {
      append(outbox);
      await vi.advanceTimersByTimeAsync(1_000);
    }
    end();
    expect(logged().filter((msg) => msg.startsWith('outbox available again'))).toHaveLength(1);
  });

  it('can fail repeatedly, even while buffered samples are written', async () => {
    const outbox = await start('a');
    let written = 0;
    for (let round = 0; round < 6; round++) {
      const end = disk.fail({ code: 'EIO', at, from: disk.eventCount + 1 + round });
      append(outbox, 3);
      await outbox.settled();
      end();
      append(outbox, 1);
      written += 4;
      await vi.advanceTimersByTimeAsync(A_WHILE_MS);
    }
    const expected = Array.from({ length: written }, (_, index) => `a${index + 1}`).join(' ');
    expect(await waitingIn(outbox)).toBe(expected);
    expect(await waitingIn(await restart('b'))).toBe(expected);
  });
});

describe('full memory while writes fail', () => {
  const payload = '.'.repeat(1_000_000);

  it.each([
    { whenFull: 'drop-oldest', lost: 'a 1-4 disk' },
    { whenFull: 'drop-newest', lost: 'a 17-20 disk' },
  ] as const)('drops samples by the policy $whenFull', async ({ whenFull, lost }) => {
    const outbox = await start('a', { maxBytes: 1e9, whenFull });
    disk.fail({ code: 'EROFS' });
    for (let count = 0; count < 20; count++) void outbox.append(() => payload);
    await outbox.settled();
    expect(outbox.usage).toEqual({ count: 16, bytes: 16_000_000 });
    expect(droppedRanges(outbox)).toEqual([lost]);
    disk.heal();
    await outbox.settled();
    const next = await restart('b', { maxBytes: 1e9 });
    expect(await waiting(next)).toHaveLength(16);
    expect(droppedRanges(next)).toEqual([lost]);
  });
});

describe('a disk that takes 10 s per operation', () => {
  it('delays neither delivery nor a stop', async () => {
    const outbox = await start('a');
    disk.slow(10_000);
    const stored: number[] = [];
    for (let count = 1; count <= 20; count++) {
      void outbox.append(({ seq }) => String(seq)).then((isStored) => isStored && stored.push(count));
      expect(await deliver(outbox, 1)).toBe(String(count));
      await vi.advanceTimersByTimeAsync(5_000);
    }
    expect(outbox.delivered).toBe(20);
    expect(await ended(outbox)).toBeLessThanOrEqual(1_000);
    expect(logged()).toEqual([]);
    await vi.advanceTimersByTimeAsync(A_WHILE_MS);
  });

  it('still receives undelivered samples', async () => {
    const outbox = await start('a');
    const end = disk.slow(10_000);
    append(outbox, 5);
    await vi.advanceTimersByTimeAsync(11_000);
    end();
    expect(await waitingIn(await restart('b'))).toBe('a1 a2 a3 a4 a5');
  });

  it('or hangs forever prevents neither sampling nor delivery nor a stop', async () => {
    const outbox = begin('a');
    disk.slow(Infinity);
    append(outbox, 3);
    expect(await deliver(outbox, 3)).toBe('a1 a2 a3');
    append(outbox, 2);
    expect(await ended(outbox)).toBeLessThanOrEqual(1_000);
    expect(logged()).toEqual([
      'stopped before all samples were written to disk: the unwritten samples are lost',
    ]);
    disk.heal();
    await vi.advanceTimersByTimeAsync(A_WHILE_MS);
  });
});

describe('a disk that cannot be read', () => {
  it('delays only samples that are not in memory', async () => {
    const first = await start('a');
    await appendStored(first, 3);
    await ended(first);
    const outbox = await start('b');
    disk.fail({ code: 'EIO', reads: true });
    append(outbox, 2);
    expect(await waitingIn(outbox)).toBe('b1 b2');
    append(outbox, 1);
    disk.heal();
    await vi.advanceTimersByTimeAsync(A_WHILE_MS);
    expect(await waitingIn(outbox)).toBe('a1 a2 a3 b1 b2 b3');
  });

  it('when writes succeed again loses no samples', async () => {
    const outbox = await start('a');
    await appendStored(outbox, 2);
    disk.fail({ code: 'EIO' });
    append(outbox, 1);
    await outbox.settled();
    disk.heal();
    const read = vi.spyOn(VirtualLevelDb.prototype, '_get').mockRejectedValueOnce(new Error('EIO'));
    append(outbox, 1);
    await outbox.settled();
    read.mockRestore();
    await vi.advanceTimersByTimeAsync(A_WHILE_MS);
    expect(await waitingIn(await restart('b'))).toBe('a1 a2 a3 a4');
  });
});

describe('a sync interval', () => {
  it('avoids writing samples that the broker acknowledges within it', async () => {
    const outbox = begin('a', {}, 60_000);
    await outbox.settled();
    const before = disk.eventCount;
    for (let count = 0; count < 100; count++) {
      append(outbox);
      await vi.advanceTimersByTimeAsync(100);
      await deliver(outbox, 1);
      await vi.advanceTimersByTimeAsync(4_900);
    }
    expect(disk.eventCount).toBe(before);
  });

  it('still writes samples that stay undelivered after others were delivered within it', async () => {
    const outbox = begin('a', {}, 10_000);
    await outbox.settled();
    append(outbox);
    await deliver(outbox, 1);
    await vi.advanceTimersByTimeAsync(A_WHILE_MS);
    append(outbox);
    await vi.advanceTimersByTimeAsync(A_WHILE_MS);
    expect(await waitingIn(await restart('b'))).toBe('a2');
  });

  it('loses at most the undelivered samples of that time', async () => {
    const outbox = begin('a', {}, 60_000);
    await outbox.settled();
    for (let count = 0; count < 20; count++) {
      append(outbox);
      await vi.advanceTimersByTimeAsync(5_000);
    }
    expect(await waiting(await restart('b'))).toHaveLength(12);
  });

  it('ends at a stop, which writes all samples', async () => {
    const outbox = begin('a', {}, 60_000);
    append(outbox, 3);
    await ended(outbox);
    expect(await waitingIn(await start('b'))).toBe('a1 a2 a3');
  });
});

describe.each(['log', 'table', 'manifest'] as const)('a store with a damaged %s', (part) => {
  it('loses no sample that is in memory', async () => {
    const outbox = await start('a');
    await appendStored(outbox, 5);
    expect(await waitingIn(outbox)).toBe('a1 a2 a3 a4 a5');
    disk.fail({ code: 'EIO' });
    append(outbox);
    await outbox.settled();
    disk.damage(PATH, { part, loses: () => true });
    disk.heal();
    await vi.advanceTimersByTimeAsync(A_WHILE_MS);
    expect(await waitingIn(outbox)).toBe('a1 a2 a3 a4 a5 a6');
    expect(droppedRanges(outbox)).toEqual([]);
    expect(await waitingIn(await restart('b'))).toBe('a1 a2 a3 a4 a5 a6');
  });

  it('reports the samples that were only on disk as lost, once each', async () => {
    const outbox = await start('a');
    await appendStored(outbox, 1_000);
    await deliver(outbox, 3);
    disk.fail({ code: 'EIO' });
    append(outbox);
    await outbox.settled();
    disk.damage(PATH, { part, loses: () => true });
    disk.heal();
    await vi.advanceTimersByTimeAsync(A_WHILE_MS);
    const left = await waiting(outbox);
    expect(left.length + (outbox.ledger.totals.disk ?? 0)).toBe(998);
    expect(outbox.usage.count).toBe(left.length);
    await outbox.settled();
    expect(await waitingIn(await restart('b'))).toBe(payloadsOf(left));
  });
});

describe('a store that crashes the process', () => {
  let crashes: number;
  beforeEach(() => {
    crashes = 0;
    disk.onCrash = () => (crashes += 1);
  });

  async function restartAfterCrash(bootId: string): Promise<Outbox> {
    const outbox = await start(bootId);
    await ended(outbox);
    disk.powerOn();
    return outbox;
  }

  it('is repaired at the third start, and loses no sample', async () => {
    const outbox = await start('a');
    await appendStored(outbox, 3);
    disk.kill();
    await ended(outbox);
    disk.damage(PATH, { part: 'crash' });
    await restartAfterCrash('b');
    expect(await waitingIn(await start('c'))).toBe('a1 a2 a3');
    expect(crashes).toBe(1);
    expect(logged().filter((msg) => msg.includes('crash'))).toEqual([
      'the last 2 starts crashed while opening the outbox, and reading it in a child process crashes as well',
    ]);
    expect(disk.asideOf(PATH)).toEqual([]);
  });

  it('is set aside at the third start if a repair crashes as well', async () => {
    const outbox = await start('a');
    await appendStored(outbox, 3);
    await ended(outbox);
    disk.damage(PATH, { part: 'repair-crash' });
    await restartAfterCrash('b');
    await restartAfterCrash('c');
    const next = await start('d');
    append(next);
    expect(await waitingIn(next)).toBe('d1');
    expect(crashes).toBe(2);
    expect(next.ledger.damages).toBe(1);
    expect(disk.asideOf(PATH)).toHaveLength(1);
  });

  it('is neither checked nor repaired after kills that it did not cause', async () => {
    const survives = vi.spyOn(disk, 'survives');
    const repair = vi.spyOn(disk, 'repair');
    for (const bootId of ['a', 'b', 'c', 'd']) {
      const outbox = await start(bootId);
      await appendStored(outbox, 1);
      disk.kill();
      await ended(outbox);
    }
    expect(await waitingIn(await start('e'))).toBe('a1 b1 c1 d1');
    expect(survives.mock.calls.map(([, operation]) => operation)).toEqual(['read', 'read', 'read']);
    expect(repair).not.toHaveBeenCalled();
  });

  it('counts no process that has run for over a minute, or has stopped', async () => {
    const survives = vi.spyOn(disk, 'survives');
    for (const bootId of ['a', 'b', 'c', 'd']) {
      const outbox = await start(bootId);
      if (bootId === 'b') {
        await ended(outbox);
      } else {
        await vi.advanceTimersByTimeAsync(61_000);
        disk.kill();
        await ended(outbox);
      }
    }
    expect(survives).not.toHaveBeenCalled();
  });
});

describe('a store that is repaired while it is in use', () => {
  it('returns no delivered samples, and loses none', async () => {
    const outbox = await start('a');
    await appendStored(outbox, 1_000);
    await deliver(outbox, 3);
    await waiting(outbox);
    disk.damage(PATH, { part: 'table' });
    await outbox.reader().available(1);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(logged()).toContain('the outbox was damaged and is now repaired: samples may be missing');
    expect(await waitingIn(outbox)).toMatch(/^a4 a5 .* a1000$/);
    expect(outbox.usage.count).toBe(997);
    await outbox.settled();
    expect(droppedRanges(outbox)).toEqual([]);
    expect(await waitingIn(await restart('b'))).toMatch(/^a4 a5 .* a1000$/);
  });

  it('is repaired although a write fails after the damage was found', async () => {
    const repair = vi.spyOn(disk, 'repair');
    const outbox = await start('a');
    await appendStored(outbox, 1_000);
    await waiting(outbox);
    const read = vi.spyOn(VirtualLevelDb.prototype, '_iterator').mockImplementation(() => {
      throw new DiskError('LEVEL_CORRUPTION', 'block checksum mismatch');
    });
    const end = disk.slow(5_000);
    void outbox.reader().available(1);
    await vi.advanceTimersByTimeAsync(1_000);
    append(outbox);
    await vi.advanceTimersByTimeAsync(4_500);
    expect(logged()).toEqual(['cannot read the outbox']);
    const heal = disk.fail({ code: 'EIO' });
    await vi.advanceTimersByTimeAsync(1_000);
    expect(outbox.diskErrors).toBe(1);
    read.mockRestore();
    end();
    heal();
    await vi.advanceTimersByTimeAsync(A_WHILE_MS);
    expect(repair).toHaveBeenCalledOnce();
  });

  it('is written to at once, even with a sync interval', async () => {
    const outbox = begin('a', { maxCount: 2_000 }, 60_000);
    await outbox.settled();
    await appendStored(outbox, 1_000);
    await waiting(outbox);
    disk.damage(PATH, { part: 'table' });
    await outbox.reader().available(1);
    const before = disk.eventCount;
    await vi.advanceTimersByTimeAsync(1_000);
    expect(disk.eventCount).toBeGreaterThan(before);
  });
});

describe('dropped samples', () => {
  it('are logged with range and reason, at most one line a minute', async () => {
    const outbox = await start('a', { maxCount: 5 });
    for (let count = 0; count < 100; count++) {
      append(outbox);
      await vi.advanceTimersByTimeAsync(5_000);
    }
    expect(lines.length).toBeLessThanOrEqual(9);
    expect(logged()[0]).toBe('dropped 1 sample');
    expect(lines[0]?.ranges).toEqual(['count: a 1']);
    expect(logged()[1]).toBe('dropped 11 samples');
    expect(lines[1]?.ranges).toEqual(['count: a 2-12']);
    await ended(outbox);
    const counts = lines.map(({ msg }) => Number(/\d+/.exec(msg)?.[0]));
    expect(counts.reduce((sum, count) => sum + count, 0)).toBe(95);
  });

  it('are logged no more often if the disk is the reason', async () => {
    const outbox = await start('a', { maxBytes: 1e9 });
    disk.fail({ code: 'ENOSPC' });
    const payload = '.'.repeat(4_000_000);
    for (let count = 0; count < 100; count++) {
      void outbox.append(() => payload);
      await vi.advanceTimersByTimeAsync(5_000);
    }
    expect(outbox.ledger.totals).toEqual({ disk: 96 });
    expect(lines.length).toBeLessThanOrEqual(11);
    expect(logged().slice(0, 3)).toEqual([UNAVAILABLE, 'dropped 1 sample', 'dropped 11 samples']);
    expect(lines[2]?.ranges).toEqual(['disk: a 2-12']);
  });
});
