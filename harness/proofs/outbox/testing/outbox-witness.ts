import { createLogger } from '../../../../client/log.ts';
import { Outbox } from '../../../../client/outbox/outbox.ts';
import type { Bounds } from '../../../../client/outbox/retention.ts';
import type { DroppedRange, Entry, SampleId } from '../../../../client/outbox/stored-sample.ts';
import { waiting } from '../../../../client/outbox/testing/waiting.ts';
import { ProcessGoneError } from '../../../world/disk/disk-error.ts';
import { VirtualDisk, type DiskEvent, type PowerCut } from '../../../world/disk/virtual-disk.ts';

export const PATH = 'outbox';
export const ROOMY: Bounds = {
  maxCount: 1_000,
  maxBytes: 1_000_000,
  maxAgeMs: 1e12,
  whenFull: 'drop-oldest',
};

const nameOf = ({ bootId, seq }: SampleId): string => `${bootId} ${seq}`;

/** Operations on the outbox of a disk, from the first start of a process on; ended by a power cut. */
export type Workload = (disk: VirtualDisk, witness: Witness) => Promise<void>;

/** Records what the outbox has confirmed, to compare it with the state after a power cut. */
export class Witness {
  /** Payloads of all samples, by name. */
  readonly payloads = new Map<string, string>();
  /** Samples that the outbox confirmed to be on disk, and those that it rejected. */
  readonly stored = new Set<string>();
  readonly rejected = new Set<string>();
  /** Samples that were delivered. */
  readonly delivered = new Set<string>();
  /** Samples that were delivered before they were written to disk. */
  readonly deliveredUnstored = new Set<string>();
  readonly contradictions: string[] = [];
  readonly #disk: VirtualDisk;
  readonly #opened: Outbox[] = [];

  constructor(disk: VirtualDisk) {
    this.#disk = disk;
  }

  async start(bootId: string, bounds: Bounds = ROOMY): Promise<Outbox> {
    const outbox = begin(this.#disk, bootId, bounds);
    this.#opened.push(outbox);
    await outbox.settled();
    await this.#assertPowered();
    return outbox;
  }

  /** Ends the running processes. */
  async end(): Promise<void> {
    this.#disk.kill();
    for (const outbox of this.#opened.splice(0)) await outbox.close();
  }

  /** Appends a sample, and waits until it is on disk, or the write has failed. */
  async append(outbox: Outbox): Promise<void> {
    let name = '';
    const isStored = outbox.append((id) => {
      name = nameOf(id);
      const payload = JSON.stringify({ ...id, filler: '·'.repeat(id.seq) });
      this.payloads.set(name, payload);
      return payload;
    });
    const isRejected = outbox.usage.count === 0 || !(await waiting(outbox)).some((id) => nameOf(id) === name);
    void isStored.then((stored) => {
      if (stored) this.stored.add(name);
    });
    await outbox.settled();
    await this.#assertPowered();
    if (isRejected) this.rejected.add(name);
  }

  async waiting(outbox: Outbox): Promise<string[]> {
    return (await waiting(outbox)).map((entry) => this.#identify(entry));
  }

  async deliver(outbox: Outbox, count: number): Promise<void> {
    await this.acknowledge(outbox, await this.send(outbox, count));
  }

  /** Delivers samples that are not on disk. */
  async deliverFromMemory(outbox: Outbox, count: number): Promise<void> {
    const entries = await this.send(outbox, count);
    await this.acknowledge(outbox, entries);
    for (const entry of entries) this.deliveredUnstored.add(this.#identify(entry));
  }

  async send(outbox: Outbox, count: number): Promise<Entry[]> {
    const entries = await waiting(outbox, count);
    await this.#assertPowered();
    for (const entry of entries) this.delivered.add(this.#identify(entry));
    return entries;
  }

  async acknowledge(outbox: Outbox, entries: readonly Entry[]): Promise<void> {
    for (const entry of entries) outbox.release(entry);
    await outbox.settled();
    await this.#assertPowered();
  }

  async quarantine(outbox: Outbox): Promise<void> {
    const [entry] = await waiting(outbox, 1);
    if (entry) outbox.quarantine(entry);
    await outbox.settled();
    await this.#assertPowered();
  }

  /** Throws if the power is off; other faults of the disk do not end a process. */
  async #assertPowered(): Promise<void> {
    await this.#disk.probe().catch((error: unknown) => {
      if (error instanceof ProcessGoneError) throw error;
    });
  }

  #identify({ bootId, seq, payload }: Entry): string {
    const name = nameOf({ bootId, seq });
    if (this.payloads.get(name) !== payload) this.contradictions.push(`${name} has changed: ${payload}`);
    return name;
  }
}

/** Starts a process on a disk. */
export function begin(disk: VirtualDisk, bootId: string, bounds: Bounds = ROOMY): Outbox {
  const now = { atMs: 0, wallMs: 0, clockSynced: false };
  return Outbox.start({
    bootId,
    bounds,
    now: () => now,
    stores: disk,
    path: PATH,
    log: createLogger({ level: 'silent', format: 'json', sink: { write: () => undefined } }),
  });
}

/** Result of a workload with power cuts. */
export interface Outcome {
  readonly witness: Witness;
  /** Reasons of the dropped samples, by name, without power cuts. */
  readonly drops: ReadonlyMap<string, string>;
  /** Errors in the state after power cuts. */
  readonly violations: readonly string[];
}

/** Runs a workload to its end, and then again with a power cut at every disk event, and checks the state afterwards. */
export async function withPowerCuts(workload: Workload): Promise<Outcome> {
  const events: DiskEvent[] = [];
  const disk = new VirtualDisk((event) => events.push(event));
  const undisturbed = new Witness(disk);
  await workload(disk, undisturbed);
  const cuts = events.flatMap(cutsAt);
  await undisturbed.end();
  const drops = namesOf((await undisturbed.start('last')).ledger.ranges);
  await undisturbed.end();

  const violations = [...undisturbed.contradictions];
  for (const [cut, kept] of cuts) {
    const replay = new VirtualDisk();
    const witness = new Witness(replay);
    replay.powerCutAt(cut, kept);
    const end = await workload(replay, witness).catch((error: unknown) => error);
    await witness.end();
    replay.heal();
    replay.powerOn();
    const found = await inspect(replay, witness, drops);
    if (!isGone(end)) found.push(`the workload ended with ${String(end)}`);
    violations.push(...found.map((what) => `${JSON.stringify(cut)}, ${kept} kept: ${what}`));
  }
  return { witness: undisturbed, drops, violations };
}

/** Checks the outbox of the next start; `drops` are those of the workload without power cuts. */
async function inspect(
  disk: VirtualDisk,
  witness: Witness,
  drops: ReadonlyMap<string, string>,
): Promise<string[]> {
  const violations: string[] = [];
  const check = (holds: boolean, violation: string): void => {
    if (!holds) violations.push(violation);
  };
  const outbox = await witness.start('next');
  const entries = await waiting(outbox);
  const names = await witness.waiting(outbox);
  const { ranges, totals } = outbox.ledger;
  const dropped = namesOf(ranges);
  const present = new Set(names);

  for (const name of [...witness.stored, ...witness.rejected]) {
    const isKnown = present.has(name) || witness.delivered.has(name) || dropped.has(name);
    check(isKnown, `${name} is lost`);
  }
  for (const name of witness.rejected) check(!present.has(name), `${name} was rejected, but is present`);
  for (const [name, reason] of dropped) {
    check(!present.has(name), `${name} is present, but reported as dropped`);
    check(drops.get(name) === reason, `${name} is reported as dropped by ${reason}`);
  }
  for (const name of witness.deliveredUnstored)
    check(!present.has(name), `${name} was delivered, but is present again`);
  check(present.size === names.length, 'a sample is present twice');
  const boots = entries.map(({ bootId }) => bootId);
  check(boots.join() === [...boots].sort().join(), 'process starts are out of order');
  const bySeq = new Map<string, number>();
  for (const name of names) {
    const [bootId = '', seq] = name.split(' ');
    check(Number(seq) > (bySeq.get(bootId) ?? 0), `${name} is out of order`);
    bySeq.set(bootId, Number(seq));
  }
  for (const reason of new Set(dropped.values())) {
    const count = [...dropped.values()].filter((other) => other === reason).length;
    check(totals[reason as keyof typeof totals] === count, `the total of ${reason} is not ${count}`);
  }
  check(Object.keys(totals).length === new Set(dropped.values()).size, 'a total without a range');
  check(outbox.usage.count === names.length, 'the count is wrong');
  const bytes = entries.reduce((sum, { payload }) => sum + Buffer.byteLength(payload), 0);
  check(outbox.usage.bytes === bytes, 'the bytes are wrong');

  await witness.append(outbox);
  const after = await waiting(outbox);
  check(after.length === entries.length + 1, 'a new sample replaced another');
  check(
    after.at(-1)?.bootId === 'next' && !boots.includes('next'),
    'the number of a process start was used twice',
  );
  disk.powerCut();
  await witness.end();
  disk.powerOn();
  const again = await witness.start('once more');
  check((await waiting(again)).length === after.length, 'the state differs after the next power cut');
  await witness.end();
  return [...violations, ...witness.contradictions];
}

function namesOf(ranges: readonly DroppedRange[]): Map<string, string> {
  const names = new Map<string, string>();
  for (const { bootId, from, to, reason } of ranges) {
    for (let seq = from; seq <= to; seq++) names.set(nameOf({ bootId, seq }), reason);
  }
  return names;
}

/** Returns all power cuts at an event: before and after it, with any number of unsynced writes kept. */
function cutsAt({ number, kind, pending }: DiskEvent): (readonly [cut: PowerCut, kept: number])[] {
  const pendingAfter = kind === 'write' ? pending + 1 : 0;
  return [
    ...Array.from({ length: pending + 1 }, (_, kept) => [{ before: number }, kept] as const),
    ...Array.from({ length: pendingAfter + 1 }, (_, kept) => [{ after: number }, kept] as const),
  ];
}

function isGone(error: unknown): boolean {
  return error instanceof ProcessGoneError || (error instanceof Error && isGone(error.cause));
}
