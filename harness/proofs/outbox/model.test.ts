import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createLogger } from '../../../client/log.ts';
import { Outbox } from '../../../client/outbox/outbox.ts';
import type { Bounds, Now } from '../../../client/outbox/retention.ts';
import type { DropReason } from '../../../client/outbox/stored-sample.ts';
import { waiting } from '../../../client/outbox/testing/waiting.ts';
import { VirtualDisk } from '../../world/disk/virtual-disk.ts';

const PATH = 'outbox';

interface Sample {
  /** Process start and sequence number. */
  readonly name: string;
  readonly boot: number;
  readonly payload: string;
  readonly takenAt: Now;
}

/** State of all samples: in the process, as written, or as synced to disk. */
interface State {
  readonly waiting: readonly Sample[];
  readonly dropped: ReadonlyMap<string, DropReason>;
}

const EMPTY: State = { waiting: [], dropped: new Map() };

/** Model of an outbox as a plain list. */
class Model {
  readonly bounds: Bounds;
  now: Now = { atMs: 0, wallMs: 0, clockSynced: false };
  isDiskFull = false;
  boot = 0;
  seq = 0;
  /** State in the process, as written, and after a power cut. */
  live = EMPTY;
  written = EMPTY;
  durable = EMPTY;
  /** State on disk that is not read yet, because the disk has failed since the start. */
  private found: State | undefined;
  /** Names of samples that are certainly on disk. */
  private stored: ReadonlySet<string> = new Set();
  private mustSync = false;

  constructor(bounds: Bounds) {
    this.bounds = bounds;
  }

  start(): void {
    this.boot += 1;
    this.seq = 0;
    this.live = EMPTY;
    this.found = this.written;
    this.mustSync = false;
    this.stored = new Set();
    this.settle();
  }

  append(payload: string): void {
    const sample = { name: `${this.boot} ${++this.seq}`, boot: this.boot, payload, takenAt: this.now };
    const alone = this.excess([sample]);
    if (alone) {
      this.drop(sample, alone);
    } else {
      this.live = { ...this.live, waiting: [...this.live.waiting, sample] };
      this.enforce();
    }
    this.settle();
  }

  take(names: ReadonlySet<string>): void {
    this.live = { ...this.live, waiting: this.live.waiting.filter(({ name }) => !names.has(name)) };
    this.settle();
  }

  quarantine(sample: Sample): void {
    this.drop(sample, 'refused');
    this.settle();
  }

  /** Reading drops samples that have expired since the last append. */
  read(): void {
    this.enforce();
    this.settle();
  }

  /** Writes the state to disk unless writes fail. */
  settle(): void {
    if (this.isDiskFull) return;
    if (this.found) {
      const { waiting, dropped } = this.found;
      this.found = undefined;
      this.stored = namesOf(waiting);
      this.live = {
        waiting: [...waiting, ...this.live.waiting],
        dropped: new Map([...dropped, ...this.live.dropped]),
      };
      this.enforce();
    }
    const isNew = this.live.waiting.some(({ name }) => !this.stored.has(name));
    this.written = this.live;
    if (isNew || this.mustSync) this.durable = this.live;
    this.mustSync = false;
    this.stored = namesOf(this.live.waiting);
  }

  private enforce(): void {
    for (const sample of this.live.waiting) if (this.isTooOld(sample)) this.drop(sample, 'age');
    for (;;) {
      const reason = this.excess(this.live.waiting);
      const surplus =
        this.bounds.whenFull === 'drop-oldest'
          ? this.live.waiting[0]
          : this.live.waiting.findLast(({ name }) => !this.stored.has(name));
      if (!reason || !surplus) return;
      this.drop(surplus, reason);
    }
  }

  private drop(sample: Sample, reason: DropReason): void {
    this.live = dropping(this.live, sample, reason);
    this.mustSync = true;
  }

  private isTooOld({ boot, takenAt }: Sample): boolean {
    const { maxAgeMs } = this.bounds;
    if (boot === this.boot) return this.now.atMs - takenAt.atMs > maxAgeMs;
    return takenAt.clockSynced && this.now.clockSynced && this.now.wallMs - takenAt.wallMs > maxAgeMs;
  }

  private excess(samples: readonly Sample[]): DropReason | undefined {
    if (samples.length > this.bounds.maxCount) return 'count';
    return bytesOf(samples) > this.bounds.maxBytes ? 'bytes' : undefined;
  }
}

const namesOf = (samples: readonly Sample[]): ReadonlySet<string> => new Set(samples.map(({ name }) => name));

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

  async start(): Promise<void> {
    const { model } = this;
    await this.end();
    model.start();
    this.#outbox = Outbox.start({
      bootId: String(model.boot),
      bounds: model.bounds,
      now: () => model.now,
      stores: this.disk,
      path: PATH,
      log: createLogger({ level: 'silent', format: 'json', sink: { write: () => undefined } }),
    });
    await this.outbox.settled();
  }

  async end(): Promise<void> {
    this.disk.kill();
    await this.#outbox?.close();
  }

  /** Compares the observable state of outbox and model. */
  async compare(): Promise<void> {
    await this.outbox.settled();
    const entries = await waiting(this.outbox);
    await this.outbox.settled();
    this.model.read();
    const { live } = this.model;
    expect(entries.map(({ payload }) => payload)).toEqual(live.waiting.map(({ payload }) => payload));
    expect(entries.map(({ bootId, seq }) => `${bootId} ${seq}`)).toEqual(
      live.waiting.map(({ name }) => name),
    );
    expect(this.outbox.usage).toEqual({ count: live.waiting.length, bytes: bytesOf(live.waiting) });

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

/** A named event for fast-check. */
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
    new Event(`append ${length}`, (model, { outbox }) => {
      const payload = `${model.boot} ${model.seq + 1} `.padEnd(length, '°');
      void outbox.append(() => payload);
      model.append(payload);
    }),
);

const deliver = fc.array(fc.boolean(), { minLength: 1, maxLength: 6 }).map(
  (acknowledged) =>
    new Event(`deliver ${acknowledged.map(Number).join('')}`, async (model, { outbox }) => {
      const isDelivered = (_: unknown, index: number): boolean => acknowledged[index] === true;
      const entries = await waiting(outbox, acknowledged.length);
      const samples = model.live.waiting.slice(0, acknowledged.length).filter(isDelivered);
      model.take(namesOf(samples));
      for (const entry of entries.filter(isDelivered)) outbox.release(entry);
    }),
);

const quarantine = fc.constant(
  new Event('quarantine', async (model, { outbox }) => {
    const [entry] = await waiting(outbox, 1);
    const [sample] = model.live.waiting;
    if (!entry || !sample) return;
    model.quarantine(sample);
    outbox.quarantine(entry);
  }),
);

const fillDisk = fc.constant(
  new Event('disk full', (model, { disk }) => {
    model.isDiskFull = true;
    disk.fail({ code: 'ENOSPC' });
  }),
);

const freeDisk = fc.constant(
  new Event('disk has space again', (model, { disk }) => {
    model.isDiskFull = false;
    disk.heal();
    model.settle();
  }),
);

const restart = fc.constant(
  new Event('restart', async (_, real) => {
    await real.outbox.close();
    await real.start();
  }),
);

const kill = fc.constant(new Event('kill', async (_, real) => real.start()));

const powerCut = fc.constant(
  new Event('power cut', async (model, real) => {
    real.disk.powerCut();
    real.disk.powerOn();
    model.written = model.durable;
    await real.start();
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
  it('has the same content and order as a plain list, and reports every dropped sample', async () => {
    const events = fc.commands(
      [
        append,
        append,
        append,
        deliver,
        quarantine,
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
        await real.start();
        await fc.asyncModelRun(() => ({ model, real }), commands);
        await real.end();
      }),
      { numRuns: 100 },
    );
  });
});
