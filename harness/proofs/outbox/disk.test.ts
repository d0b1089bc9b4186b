import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createLogger } from '../../../client/log.ts';
import { Outbox } from '../../../client/outbox/outbox.ts';
import type { Bounds, Now } from '../../../client/outbox/retention.ts';
import type { Entry } from '../../../client/outbox/stored-sample.ts';
import { droppedRanges, waiting } from '../../../client/outbox/testing/waiting.ts';
import { VirtualDisk } from '../../world/disk/virtual-disk.ts';
import { VirtualLevelDb } from '../../world/disk/virtual-leveldb.ts';

const PATH = 'outbox';
const ROOMY: Bounds = { maxCount: 1_000, maxBytes: 1_000_000, maxAgeMs: 1e12, whenFull: 'drop-oldest' };
/** Longer than the outbox ever waits for its next attempt to write. */
const A_WHILE_MS = 31_000;
const BEGINS =
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

/** Ends a process in good order; the time that it takes, in milliseconds. */
async function ended(outbox: Outbox): Promise<number> {
  const beganMs = performance.now();
  let endedMs: number | undefined;
  void outbox.close().then(() => (endedMs = performance.now()));
  while (endedMs === undefined) await vi.advanceTimersByTimeAsync(10);
  return endedMs - beganMs;
}

/** The next process, after a power cut. */
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
const said = (): string[] => lines.map(({ msg }) => msg);

async function deliver(outbox: Outbox, count: number): Promise<string> {
  const entries = await waiting(outbox, count);
  for (const entry of entries) outbox.release(entry);
  return payloadsOf(entries);
}

describe.each(['write', 'sync'] as const)('a disk that fails at the %s', (at) => {
  it('for an hour costs no sample of a connected client, not even of those that it stored before', async () => {
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

  it('is written to as soon as it works again, and says so once, as it did when it failed', async () => {
    const outbox = await start('a');
    await appendStored(outbox, 2);
    disk.fail({ code: 'ENOSPC', at });
    for (let count = 0; count < 50; count++) {
      append(outbox);
      await vi.advanceTimersByTimeAsync(5_000);
    }
    expect(said()).toEqual([BEGINS]);
    disk.heal();
    await vi.advanceTimersByTimeAsync(A_WHILE_MS);
    expect(said()).toHaveLength(2);
    expect(said()[1]).toMatch(/^outbox available again after \d+ s: wrote 50 buffered samples$/);
    const next = await restart('b');
    expect(await waiting(next)).toHaveLength(52);
    expect(droppedRanges(next)).toEqual([]);
  });

  it('does not make a sample come back that was delivered meanwhile', async () => {
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

  it('is told at the end of what it missed', async () => {
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

  it('may fail again and again, also while memory is being written', async () => {
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

describe('a full memory beside a disk that takes nothing', () => {
  const payload = '.'.repeat(1_000_000);

  it.each([
    { whenFull: 'drop-oldest', lost: 'a 1-4 disk' },
    { whenFull: 'drop-newest', lost: 'a 17-20 disk' },
  ] as const)('drops what the policy $whenFull says', async ({ whenFull, lost }) => {
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

describe('a disk that takes 10 s for everything', () => {
  it('holds up neither delivery nor a stop', async () => {
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
    expect(said()).toEqual([]);
    await vi.advanceTimersByTimeAsync(A_WHILE_MS);
  });

  it('still gets what waits for the broker', async () => {
    const outbox = await start('a');
    const end = disk.slow(10_000);
    append(outbox, 5);
    await vi.advanceTimersByTimeAsync(11_000);
    end();
    expect(await waitingIn(await restart('b'))).toBe('a1 a2 a3 a4 a5');
  });

  it('or that hangs for good keeps nobody from sampling, delivering and stopping', async () => {
    const outbox = begin('a');
    disk.slow(Infinity);
    append(outbox, 3);
    expect(await deliver(outbox, 3)).toBe('a1 a2 a3');
    append(outbox, 2);
    expect(await ended(outbox)).toBeLessThanOrEqual(1_000);
    expect(said()).toEqual([
      'stopped before all samples were written to disk: the unwritten samples are lost',
    ]);
    disk.heal();
    await vi.advanceTimersByTimeAsync(A_WHILE_MS);
  });
});

describe('a disk that cannot be read', () => {
  it('holds up only the samples that it alone has', async () => {
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

  it('when it works again costs nothing but time', async () => {
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
  it('spares the disk what the broker acknowledges within it', async () => {
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

  it('costs no more than the undelivered samples of that time', async () => {
    const outbox = begin('a', {}, 60_000);
    await outbox.settled();
    for (let count = 0; count < 20; count++) {
      append(outbox);
      await vi.advanceTimersByTimeAsync(5_000);
    }
    expect(await waiting(await restart('b'))).toHaveLength(12);
  });

  it('ends with a stop: everything is written', async () => {
    const outbox = begin('a', {}, 60_000);
    append(outbox, 3);
    await ended(outbox);
    expect(await waitingIn(await start('b'))).toBe('a1 a2 a3');
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
    expect(said()[0]).toBe('dropped 1 sample');
    expect(lines[0]?.ranges).toEqual(['count: a 1']);
    expect(said()[1]).toBe('dropped 11 samples');
    expect(lines[1]?.ranges).toEqual(['count: a 2-12']);
    await ended(outbox);
    const counts = lines.map(({ msg }) => Number(/\d+/.exec(msg)?.[0]));
    expect(counts.reduce((sum, count) => sum + count, 0)).toBe(95);
  });
});
