import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createLogger } from '../../../client/log.ts';
import { Outbox } from '../../../client/outbox/outbox.ts';
import type { SampleReader } from '../../../client/outbox/reader.ts';
import type { DiskFault } from '../../world/disk/disk-faults.ts';
import { VirtualDisk } from '../../world/disk/virtual-disk.ts';

const STEP_MS = 250;
/** Maximum backlog of a process start; more than stays in memory. */
const MAX_BACKLOG = 1_500;
/** Maximum backlog that stays in memory whatever the disk does. */
const LOADED_BACKLOG = 400;
/** Number of processes that a damaged store may end before it is repaired: a running one, and two that start. */
const MAX_CRASHES = 3;
/** Longer than the maximum interval between attempts to write. */
const A_WHILE_MS = 31_000;

/** A client with its broker and its disk. */
class SimulatedClient {
  readonly disk = new VirtualDisk();
  /** First deliveries, in order. */
  readonly arrived = new Set<string>();
  /** Samples that the outbox confirmed to be on disk. */
  readonly stored = new Set<string>();
  #outbox: Outbox | undefined;
  #reader: SampleReader | undefined;
  #boot = 0;
  #appended: string[] = [];
  /** Largest backlog of this process start. */
  #peak = 0;
  #isCrashed = false;

  constructor() {
    this.disk.onCrash = () => (this.#isCrashed = true);
  }

  get outbox(): Outbox {
    if (!this.#outbox) throw new Error('not started');
    return this.#outbox;
  }

  start(): void {
    this.#boot += 1;
    this.#appended = [];
    this.#peak = 0;
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
    const backlog = this.missing(this.#appended).length + count;
    if (backlog > MAX_BACKLOG) return;
    this.#peak = Math.max(this.#peak, backlog);
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

  /** Delivers everything that can be read; the acknowledgements may be lost with the connection. */
  async deliver(isAcknowledged: boolean): Promise<void> {
    if (!this.#reader) return;
    for (;;) {
      const entries = await until(this.#reader.available(100));
      if (this.#isCrashed) return;
      if (entries.length === 0) break;
      for (const entry of entries) {
        expect(entry.payload).toBe(`${entry.bootId} ${entry.seq}`);
        this.arrived.add(entry.payload);
        if (isAcknowledged) this.outbox.release(entry);
      }
    }
    if (this.#peak <= LOADED_BACKLOG)
      expect(this.missing(this.#appended), 'samples not delivered').toEqual([]);
    if (!isAcknowledged) this.disconnect();
  }

  missing(names: Iterable<string>): string[] {
    return [...names].filter((name) => !this.arrived.has(name));
  }

  /** Ends the process by a kill, a power cut, or a clean stop, and starts the next one. */
  async end(how: 'kill' | 'power cut' | 'stop'): Promise<void> {
    if (how === 'stop') await until(this.outbox.close());
    if (how === 'power cut') this.disk.powerCut();
    else this.disk.kill();
    this.disk.powerOn();
    const { outbox } = this;
    if (how !== 'stop') await until(outbox.close());
    this.start();
  }

  /** Starts the next process if a damaged store has ended this one, as systemd does. */
  async restartAfterCrash(): Promise<void> {
    for (let starts = 1; this.#isCrashed; starts++) {
      expect(starts, 'consecutive crashes').toBeLessThanOrEqual(MAX_CRASHES);
      this.#isCrashed = false;
      await this.end('kill');
      await vi.advanceTimersByTimeAsync(0);
    }
  }
}

/** Advances the time until a promise settles. */
async function until<T>(promise: Promise<T>): Promise<T> {
  const state = { isDone: false };
  const done = promise.finally(() => (state.isDone = true));
  done.catch(() => undefined);
  // Settle promises that need no time first.
  await vi.advanceTimersByTimeAsync(0);
  while (!state.isDone) await vi.advanceTimersByTimeAsync(STEP_MS);
  return await done;
}

type Step = readonly [what: string, happen: (client: SimulatedClient) => Promise<unknown> | void];

const fault = (what: string, disk: DiskFault): Step => [what, (client) => void client.disk.fail(disk)];

const STEPS: readonly Step[] = [
  ['connect', (client) => client.connect()],
  ['disconnect', (client) => client.disconnect()],
  ['deliver', (client) => client.deliver(true)],
  ['deliver, and lose the acknowledgements', (client) => client.deliver(false)],
  fault('full', { code: 'ENOSPC' }),
  fault('error', { code: 'EIO', at: 'sync' }),
  fault('read-only', { code: 'EROFS' }),
  fault('gone', { code: 'ENOENT', reads: true }),
  ['slow', (client) => void client.disk.slow(10_000)],
  ['hanging', (client) => void client.disk.slow(Infinity)],
  ['damaged, and repaired without loss', (client) => client.disk.damage('outbox', { part: 'table' })],
  ['damaged so that it crashes the process', (client) => client.disk.damage('outbox', { part: 'crash' })],
  ['healed', (client) => client.disk.heal()],
  ['healed', (client) => client.disk.heal()],
  ['kill', (client) => client.end('kill')],
  ['power cut', (client) => client.end('power cut')],
  ['stop', (client) => client.end('stop')],
];

const append = (count: number): Step => [`append ${count}`, (client) => client.append(count)];

const pass = (seconds: number): Step => [
  `${seconds} s pass`,
  () => vi.advanceTimersByTimeAsync(seconds * 1_000),
];

function step(what: string): Step {
  const found = STEPS.find(([name]) => name === what);
  if (!found) throw new Error(`There is no step ${what}`);
  return found;
}

const steps = fc.array(
  fc.oneof(
    { weight: 3, arbitrary: fc.constantFrom(...STEPS) },
    {
      weight: 3,
      arbitrary: fc.oneof(fc.integer({ min: 1, max: 20 }), fc.constantFrom(300, 700)).map(append),
    },
    { weight: 2, arbitrary: fc.integer({ min: 1, max: 40 }).map(pass) },
  ),
  { maxLength: 40, size: 'max' },
);

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** Plays the steps, heals the disk, and checks that everything arrives. */
async function play(drawn: readonly Step[]): Promise<void> {
  const client = new SimulatedClient();
  client.start();
  for (const [, happen] of drawn) {
    await happen(client);
    await client.restartAfterCrash();
  }
  client.disk.heal();
  await vi.advanceTimersByTimeAsync(A_WHILE_MS);
  for (let count = 0; count < 3; count++) {
    await client.restartAfterCrash();
    client.disconnect();
    client.connect();
    await client.deliver(true);
    await vi.advanceTimersByTimeAsync(A_WHILE_MS);
  }
  const { arrived, stored, outbox } = client;
  expect(outbox.usage).toEqual({ count: 0, bytes: 0 });
  expect(client.missing(stored)).toEqual([]);
  const highest = new Map<string, number>();
  for (const [boot = '', seq] of [...arrived].map((name) => name.split(' '))) {
    expect(Number(seq), `${boot} in order`).toBeGreaterThan(highest.get(boot) ?? 0);
    highest.set(boot, Number(seq));
  }
  expect(outbox.ledger.totals).toEqual({});
  await until(outbox.close());
}

describe('a disk that fails and heals at random moments', () => {
  it('neither delays delivery nor loses or reorders stored samples', async () => {
    await fc.assert(fc.asyncProperty(steps, play), { numRuns: 40 });
  });
});

describe('a store that is damaged twice', () => {
  it('is repaired twice', async () => {
    await play([
      append(1),
      step('power cut'),
      pass(1),
      step('connect'),
      step('damaged, and repaired without loss'),
      step('deliver, and lose the acknowledgements'),
      step('damaged, and repaired without loss'),
    ]);
  });
});

describe('a store that is found to be damaged during a slow write', () => {
  it('is repaired although nothing else is left to write', async () => {
    await play([
      append(1),
      step('power cut'),
      pass(1),
      step('slow'),
      step('connect'),
      step('damaged, and repaired without loss'),
      append(1),
      step('deliver'),
      pass(10),
    ]);
  });
});
