import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createLogger } from '../../../client/log.ts';
import { Outbox } from '../../../client/outbox/outbox.ts';
import type { SampleReader } from '../../../client/outbox/reader.ts';
import { VirtualDisk, type DiskFault } from '../../world/disk/virtual-disk.ts';

const STEP_MS = 250;
const MAX_BACKLOG = 400;
/** Longer than the outbox ever waits for its next attempt to write. */
const A_WHILE_MS = 31_000;

/** A client that rides along, its broker, and its disk. */
class Ride {
  readonly disk = new VirtualDisk();
  /** First deliveries, in order. */
  readonly arrived = new Set<string>();
  /** What the outbox says is on disk. */
  readonly stored = new Set<string>();
  #outbox: Outbox | undefined;
  #reader: SampleReader | undefined;
  #boot = 0;
  #appended: string[] = [];

  get outbox(): Outbox {
    if (!this.#outbox) throw new Error('not started');
    return this.#outbox;
  }

  start(): void {
    this.#boot += 1;
    this.#appended = [];
    this.#reader = undefined;
    this.#outbox = Outbox.start({
      bootId: String(this.#boot),
      bounds: { maxCount: 1e6, maxBytes: 1e9, maxAgeMs: 1e12, whenFull: 'drop-oldest' },
      now: () => ({ atMs: performance.now(), wallMs: 0, clockSynced: false }),
      stores: this.disk,
      path: 'outbox',
      log: createLogger({ level: 'silent', format: 'json', sink: { write: () => undefined } }),
    });
  }

  append(count: number): void {
    // Of a longer backlog memory holds only the ends.
    if (this.missing(this.#appended).length + count > MAX_BACKLOG) return;
    for (let left = count; left > 0; left--) {
      let name = '';
      const isStored = this.outbox.append(({ bootId, seq }) => (name = `${bootId} ${seq}`));
      this.#appended.push(name);
      void isStored.then((stored) => stored && this.stored.add(name));
    }
  }

  connect(): void {
    this.#reader ??= this.outbox.reader();
  }

  disconnect(): void {
    this.#reader = undefined;
  }

  /** The broker gets everything that can be read; the acknowledgements may be lost with the connection. */
  async deliver(isAcknowledged: boolean): Promise<void> {
    if (!this.#reader) return;
    for (;;) {
      const entries = await until(this.#reader.available(100));
      if (entries.length === 0) break;
      for (const entry of entries) {
        expect(entry.payload).toBe(`${entry.bootId} ${entry.seq}`);
        this.arrived.add(entry.payload);
        if (isAcknowledged) this.outbox.release(entry);
      }
    }
    expect(this.missing(this.#appended), 'whatever the disk does').toEqual([]);
    if (!isAcknowledged) this.disconnect();
  }

  missing(names: Iterable<string>): string[] {
    return [...names].filter((name) => !this.arrived.has(name));
  }

  /** A kill, a power cut, or a stop in good order; the next process starts at once. */
  async end(how: 'kill' | 'power cut' | 'stop'): Promise<void> {
    if (how === 'stop') await until(this.outbox.close());
    if (how === 'power cut') this.disk.powerCut();
    else this.disk.kill();
    this.disk.powerOn();
    const { outbox } = this;
    if (how !== 'stop') await until(outbox.close());
    this.start();
  }
}

/** Lets time pass until something is done. */
async function until<T>(promise: Promise<T>): Promise<T> {
  const state = { isDone: false };
  const done = promise.finally(() => (state.isDone = true));
  done.catch(() => undefined);
  // What takes no time is over with the promises.
  await vi.advanceTimersByTimeAsync(0);
  while (!state.isDone) await vi.advanceTimersByTimeAsync(STEP_MS);
  return await done;
}

type Step = readonly [what: string, happen: (ride: Ride) => Promise<unknown> | void];

const fault = (what: string, disk: DiskFault): Step => [what, (ride) => void ride.disk.fail(disk)];

const STEPS: readonly Step[] = [
  ['connect', (ride) => ride.connect()],
  ['disconnect', (ride) => ride.disconnect()],
  ['deliver', (ride) => ride.deliver(true)],
  ['deliver, and lose the acknowledgements', (ride) => ride.deliver(false)],
  fault('full', { code: 'ENOSPC' }),
  fault('error', { code: 'EIO', at: 'sync' }),
  fault('read-only', { code: 'EROFS' }),
  fault('gone', { code: 'ENOENT', reads: true }),
  ['slow', (ride) => void ride.disk.slow(10_000)],
  ['hanging', (ride) => void ride.disk.slow(Infinity)],
  ['healed', (ride) => ride.disk.heal()],
  ['healed', (ride) => ride.disk.heal()],
  ['kill', (ride) => ride.end('kill')],
  ['power cut', (ride) => ride.end('power cut')],
  ['stop', (ride) => ride.end('stop')],
];

const steps = fc.array(
  fc.oneof(
    { weight: 3, arbitrary: fc.constantFrom(...STEPS) },
    {
      weight: 3,
      arbitrary: fc
        .oneof(fc.integer({ min: 1, max: 20 }), fc.constant(300))
        .map((count): Step => [`append ${count}`, (ride) => ride.append(count)]),
    },
    {
      weight: 2,
      arbitrary: fc
        .integer({ min: 1, max: 40 })
        .map((seconds): Step => [`${seconds} s pass`, () => vi.advanceTimersByTimeAsync(seconds * 1_000)]),
    },
  ),
  { maxLength: 40, size: 'max' },
);

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe('a disk that fails and heals at random moments', () => {
  it('keeps no sample from a broker that is there, loses none that was stored, and changes no order', async () => {
    await fc.assert(
      fc.asyncProperty(steps, async (drawn) => {
        const ride = new Ride();
        ride.start();
        for (const [, happen] of drawn) await happen(ride);
        ride.disk.heal();
        await vi.advanceTimersByTimeAsync(A_WHILE_MS);
        ride.disconnect();
        ride.connect();
        for (let count = 0; count < 3; count++) {
          await ride.deliver(true);
          await vi.advanceTimersByTimeAsync(A_WHILE_MS);
        }
        const { arrived, stored, outbox } = ride;
        expect(outbox.usage).toEqual({ count: 0, bytes: 0 });
        expect(ride.missing(stored)).toEqual([]);
        const highest = new Map<string, number>();
        for (const [boot = '', seq] of [...arrived].map((name) => name.split(' '))) {
          expect(Number(seq), `${boot} in order`).toBeGreaterThan(highest.get(boot) ?? 0);
          highest.set(boot, Number(seq));
        }
        expect(outbox.ledger.totals).toEqual({});
        await until(outbox.close());
      }),
      { numRuns: 40 },
    );
  });
});
