import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Bounds, Now } from '../../../client/outbox/bounds.ts';
import type { Entry } from '../../../client/outbox/entry.ts';
import type { DropReason } from '../../../client/outbox/ledger.ts';
import { Outbox } from '../../../client/outbox/outbox.ts';
import { VirtualDisk } from '../../world/disk/virtual-disk.ts';

const PATH = 'outbox';
const EVERYTHING = 1_000;
/** Far more than it takes anywhere. */
const TIMEOUT_MS = 60_000;

interface Sample {
  /** Process start and sequence number. */
  readonly name: string;
  readonly boot: number;
  readonly payload: string;
  readonly taken: Now;
}

/** What is known of all samples at one place: in the process, in its kernel, or on the disk. */
interface State {
  readonly waiting: readonly Sample[];
  readonly dropped: ReadonlyMap<string, DropReason>;
}

/** An outbox as a plain list. */
class Model {
  readonly bounds: Bounds;
  now: Now = { atMs: 0, wallMs: 0, clockSynced: false };
  isDiskFull = false;
  /** Something could not be written, and could not be made up for yet. */
  hasFailed = false;
  boot = 0;
  seq = 0;
  /** As the process sees it, as it was written, and as a power cut leaves it. */
  live: State = { waiting: [], dropped: new Map() };
  written: State = this.live;
  durable: State = this.live;

  constructor(bounds: Bounds) {
    this.bounds = bounds;
  }

  start(found: State): void {
    this.boot += 1;
    this.seq = 0;
    this.live = this.makeRoom(found);
    this.sync();
  }

  append(payload: string): void {
    const sample = { name: `${this.boot} ${++this.seq}`, boot: this.boot, payload, taken: this.now };
    const alone = this.excess([sample]);
    const state = alone ? this.live : this.makeRoom(this.live, sample);
    const full = alone ?? this.excess([...state.waiting, sample]);
    if (this.isDiskFull) {
      // Once it has failed, nothing else is looked into before the disk works again.
      this.live = dropping(this.live, sample, this.hasFailed ? 'disk' : (full ?? 'disk'));
      this.hasFailed = true;
      return;
    }
    this.live = full ? dropping(state, sample, full) : { ...state, waiting: [...state.waiting, sample] };
    this.sync();
  }

  take(names: ReadonlySet<string>): void {
    this.live = { ...this.live, waiting: this.live.waiting.filter(({ name }) => !names.has(name)) };
    if (!this.isDiskFull) this.written = this.live;
    this.hasFailed = this.isDiskFull && (this.hasFailed || names.size > 0);
  }

  setAside(sample: Sample): void {
    this.live = dropping(this.live, sample, 'refused');
    if (this.isDiskFull) this.hasFailed = true;
    else this.sync();
  }

  sync(): void {
    this.hasFailed = false;
    this.written = this.live;
    this.durable = this.live;
  }

  private makeRoom(from: State, sample?: Sample): State {
    let state = from;
    for (let [oldest] = state.waiting; oldest; [oldest] = state.waiting) {
      const wanted = sample ? [...state.waiting, sample] : state.waiting;
      const mayGo = this.bounds.whenFull === 'drop-oldest';
      const reason = this.isTooOld(oldest) ? 'age' : mayGo ? this.excess(wanted) : undefined;
      if (!reason) break;
      state = dropping(state, oldest, reason);
    }
    return state;
  }

  private isTooOld({ boot, taken }: Sample): boolean {
    const { maxAgeMs } = this.bounds;
    if (boot === this.boot) return this.now.atMs - taken.atMs > maxAgeMs;
    return taken.clockSynced && this.now.clockSynced && this.now.wallMs - taken.wallMs > maxAgeMs;
  }

  private excess(samples: readonly Sample[]): DropReason | undefined {
    if (samples.length > this.bounds.maxCount) return 'count';
    return bytesOf(samples) > this.bounds.maxBytes ? 'bytes' : undefined;
  }
}

const bytesOf = (samples: readonly Sample[]): number =>
  samples.reduce((sum, { payload }) => sum + Buffer.byteLength(payload), 0);

function dropping({ waiting, dropped }: State, sample: Sample, reason: DropReason): State {
  return {
    waiting: waiting.filter((other) => other !== sample),
    dropped: new Map([...dropped, [sample.name, reason]]),
  };
}

/** The outbox under test, with the disk that it lies on. */
class Real {
  readonly disk = new VirtualDisk();
  readonly model: Model;
  #outbox: Outbox | undefined;

  constructor(model: Model) {
    this.model = model;
  }

  get outbox(): Outbox {
    if (!this.#outbox) throw new Error('not started');
    return this.#outbox;
  }

  async start(found: State): Promise<void> {
    const { model } = this;
    model.start(found);
    const store = this.disk.create(PATH);
    await store.open();
    this.#outbox = await Outbox.open(store, {
      bootId: String(model.boot),
      bounds: model.bounds,
      now: () => model.now,
      probe: this.disk.probe,
    });
  }

  /** Compares everything that can be seen from outside. */
  async compare(): Promise<void> {
    const { live } = this.model;
    const entries = await this.outbox.next(EVERYTHING);
    expect(entries.map(({ payload }) => payload)).toEqual(live.waiting.map(({ payload }) => payload));
    expect(entries.map(({ key }) => key)).toEqual(entries.map(({ key }) => key).sort());
    expect(this.outbox.fill).toEqual({ count: live.waiting.length, bytes: bytesOf(live.waiting) });

    const { ranges, totals } = this.outbox.ledger;
    const dropped = ranges.flatMap(({ bootId, from, to, reason }) =>
      Array.from({ length: to - from + 1 }, (_, index) => [`${bootId} ${from + index}`, reason] as const),
    );
    expect(dropped.length).toBe(live.dropped.size);
    expect(new Map(dropped)).toEqual(live.dropped);
    for (const reason of new Set(live.dropped.values())) {
      expect(totals[reason]).toBe(dropped.filter(([, other]) => other === reason).length);
    }
  }
}

/** One thing that may happen, as fast-check expects it. */
class Event implements fc.AsyncCommand<Model, Real> {
  readonly #what: string;
  readonly #happen: (model: Model, real: Real) => Promise<void> | void;

  constructor(what: string, happen: (model: Model, real: Real) => Promise<void> | void) {
    this.#what = what;
    this.#happen = happen;
  }

  check(): boolean {
    return true;
  }

  async run(model: Model, real: Real): Promise<void> {
    await this.#happen(model, real);
    await real.compare();
  }

  toString(): string {
    return this.#what;
  }
}

const append = fc.integer({ min: 1, max: 120 }).map(
  (length) =>
    new Event(`append ${length}`, async (model, { outbox }) => {
      const payload = `${model.boot} ${model.seq + 1} `.padEnd(length, '°');
      const wasFull = model.isDiskFull;
      const attempt = outbox.append(() => payload);
      model.append(payload);
      const isWaiting = model.live.waiting.at(-1)?.payload === payload;
      if (wasFull) await expect(attempt).rejects.toThrow('No space left');
      else expect(await attempt).toBe(isWaiting);
    }),
);

const isRefusal = (error: unknown): void => expect(String(error)).toContain('No space left');

const deliver = fc.array(fc.boolean(), { minLength: 1, maxLength: 6 }).map(
  (acknowledged) =>
    new Event(`deliver ${acknowledged.map(Number).join('')}`, async (model, { outbox }) => {
      const isDelivered = (_: unknown, index: number): boolean => acknowledged[index] === true;
      const entries: Entry[] = await outbox.next(acknowledged.length);
      const names = model.live.waiting.slice(0, acknowledged.length).filter(isDelivered);
      model.take(new Set(names.map(({ name }) => name)));
      await outbox.remove(entries.filter(isDelivered)).catch(isRefusal);
    }),
);

const setAside = fc.constant(
  new Event('set aside', async (model, { outbox }) => {
    const [entry] = await outbox.next(1);
    const [sample] = model.live.waiting;
    if (!entry || !sample) return;
    model.setAside(sample);
    await outbox.setAside(entry).catch(isRefusal);
  }),
);

const fillDisk = fc.constant(
  new Event('disk full', (model, { disk }) => {
    model.isDiskFull = true;
    disk.fail({ code: 'ENOSPC' });
  }),
);

function healDisk(model: Model, { disk }: Real): void {
  model.isDiskFull = false;
  disk.heal();
}
const freeDisk = fc.constant(new Event('room on the disk', healDisk));

const restart = fc.constant(
  new Event('restart', async (model, real) => {
    if (!model.isDiskFull) model.written = model.live;
    await real.outbox.close();
    healDisk(model, real);
    await real.start(model.written);
  }),
);

const kill = fc.constant(
  new Event('kill', async (model, real) => {
    healDisk(model, real);
    real.disk.kill();
    await real.start(model.written);
  }),
);

const powerCut = fc.constant(
  new Event('power cut', async (model, real) => {
    healDisk(model, real);
    real.disk.powerCut();
    real.disk.powerOn();
    await real.start(model.durable);
  }),
);

const pass = fc.integer({ min: 1, max: 90 }).map(
  (seconds) =>
    new Event(`${seconds} s pass`, (model) => {
      const { atMs, wallMs, clockSynced } = model.now;
      model.now = { atMs: atMs + seconds * 1000, wallMs: wallMs + seconds * 1000, clockSynced };
    }),
);

const stepClock = fc.tuple(fc.boolean(), fc.integer({ min: -200, max: 200 })).map(
  ([clockSynced, seconds]) =>
    new Event(`clock steps ${seconds} s, ${clockSynced ? 'right' : 'wrong'} now`, (model) => {
      model.now = { ...model.now, wallMs: model.now.wallMs + seconds * 1000, clockSynced };
    }),
);

const bounds: fc.Arbitrary<Bounds> = fc.record({
  maxCount: fc.integer({ min: 1, max: 6 }),
  maxBytes: fc.integer({ min: 50, max: 500 }),
  maxAgeMs: fc.integer({ min: 60_000, max: 300_000 }),
  whenFull: fc.constantFrom('drop-oldest', 'drop-newest'),
});

describe('an outbox', () => {
  it(
    'holds, in order, what a plain list would hold, and tells of every sample that it dropped',
    async () => {
      const events = fc.commands(
        [
          append,
          append,
          append,
          deliver,
          setAside,
          fillDisk,
          freeDisk,
          restart,
          kill,
          powerCut,
          pass,
          stepClock,
        ],
        { maxCommands: 60, size: 'max' },
      );
      await fc.assert(
        fc.asyncProperty(bounds, events, async (drawn, commands) => {
          const model = new Model(drawn);
          const real = new Real(model);
          await real.start(model.live);
          await fc.asyncModelRun(() => ({ model, real }), commands);
        }),
        { numRuns: 100 },
      );
    },
    TIMEOUT_MS,
  );
});
