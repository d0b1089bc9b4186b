import { createLogger } from '../../../../client/log.ts';
import { Outbox } from '../../../../client/outbox/outbox.ts';
import type { Bounds } from '../../../../client/outbox/retention.ts';
import type { DroppedRange, Entry, SampleId } from '../../../../client/outbox/stored-sample.ts';
import { waiting } from '../../../../client/outbox/testing/waiting.ts';
import {
  ProcessGoneError,
  VirtualDisk,
  type DiskEvent,
  type PowerCut,
} from '../../../world/disk/virtual-disk.ts';

export const PATH = 'outbox';
export const ROOMY: Bounds = {
  maxCount: 1_000,
  maxBytes: 1_000_000,
  maxAgeMs: 1e12,
  whenFull: 'drop-oldest',
};

const nameOf = ({ bootId, seq }: SampleId): string => `${bootId} ${seq}`;

/** What a process does with the outbox on a disk, from its first start on; a power cut ends it. */
export type Story = (disk: VirtualDisk, witness: Witness) => Promise<void>;

/** What an observer outside the process knows. */
export class Witness {
  /** What was to be stored under a name. */
  readonly payloads = new Map<string, string>();
  /** Samples of which the outbox said that they are on disk, and those that it rejected. */
  readonly taken = new Set<string>();
  readonly gaveWay = new Set<string>();
  /** What the broker has acknowledged. */
  readonly delivered = new Set<string>();
  /** What was delivered before any disk could know of it. */
  readonly forgotten = new Set<string>();
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
    await this.#alive();
    return outbox;
  }

  /** Ends the processes that still run. */
  async end(): Promise<void> {
    this.#disk.kill();
    for (const outbox of this.#opened.splice(0)) await outbox.close();
  }

  /** Appends a sample, and waits until it is on disk, or could not be written just now. */
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
      if (stored) this.taken.add(name);
    });
    await outbox.settled();
    await this.#alive();
    if (isRejected) this.gaveWay.add(name);
  }

  async waiting(outbox: Outbox): Promise<string[]> {
    return (await waiting(outbox)).map((entry) => this.#identify(entry));
  }

  async deliver(outbox: Outbox, count: number): Promise<void> {
    await this.acknowledge(outbox, await this.send(outbox, count));
  }

  /** Delivers what memory alone holds. */
  async deliverFromMemory(outbox: Outbox, count: number): Promise<void> {
    const entries = await this.send(outbox, count);
    await this.acknowledge(outbox, entries);
    for (const entry of entries) this.forgotten.add(this.#identify(entry));
  }

  async send(outbox: Outbox, count: number): Promise<Entry[]> {
    const entries = await waiting(outbox, count);
    await this.#alive();
    for (const entry of entries) this.delivered.add(this.#identify(entry));
    return entries;
  }

  async acknowledge(outbox: Outbox, entries: readonly Entry[]): Promise<void> {
    for (const entry of entries) outbox.release(entry);
    await outbox.settled();
    await this.#alive();
  }

  async quarantine(outbox: Outbox): Promise<void> {
    const [entry] = await waiting(outbox, 1);
    if (entry) outbox.quarantine(entry);
    await outbox.settled();
    await this.#alive();
  }

  /** The outbox lives on without a disk; a process without power does not. */
  async #alive(): Promise<void> {
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

/** What a story has come to. */
export interface Ending {
  readonly witness: Witness;
  /** Why each sample was dropped that was. */
  readonly told: ReadonlyMap<string, string>;
  /** Everything that is wrong with what power cuts leave of it. */
  readonly wrong: readonly string[];
}

/** Plays a story to its end, and then again with a power cut at every instant of it, and looks at what is left. */
export async function withPowerCuts(story: Story): Promise<Ending> {
  const events: DiskEvent[] = [];
  const disk = new VirtualDisk((event) => events.push(event));
  const undisturbed = new Witness(disk);
  await story(disk, undisturbed);
  const cuts = events.flatMap(cutsAt);
  await undisturbed.end();
  const told = namesOf((await undisturbed.start('last')).ledger.ranges);
  await undisturbed.end();

  const wrong = [...undisturbed.contradictions];
  for (const [cut, kept] of cuts) {
    const replay = new VirtualDisk();
    const witness = new Witness(replay);
    replay.powerCutAt(cut, kept);
    const end = await story(replay, witness).catch((error: unknown) => error);
    await witness.end();
    replay.heal();
    replay.powerOn();
    const found = await inspect(replay, witness, told);
    if (!isGone(end)) found.push(`the story has ended with ${String(end)}`);
    wrong.push(...found.map((what) => `${JSON.stringify(cut)}, ${kept} kept: ${what}`));
  }
  return { witness: undisturbed, told, wrong };
}

/** Everything that is wrong with what the next start finds, where `told` are the drops of an undisturbed story. */
async function inspect(
  disk: VirtualDisk,
  witness: Witness,
  told: ReadonlyMap<string, string>,
): Promise<string[]> {
  const wrong: string[] = [];
  const check = (holds: boolean, complaint: string): void => {
    if (!holds) wrong.push(complaint);
  };
  const outbox = await witness.start('next');
  const entries = await waiting(outbox);
  const names = await witness.waiting(outbox);
  const { ranges, totals } = outbox.ledger;
  const dropped = namesOf(ranges);
  const present = new Set(names);

  for (const name of [...witness.taken, ...witness.gaveWay]) {
    const isKnown = present.has(name) || witness.delivered.has(name) || dropped.has(name);
    check(isKnown, `${name} is lost`);
  }
  for (const name of witness.gaveWay) check(!present.has(name), `${name} gave way, but is there`);
  for (const [name, reason] of dropped) {
    check(!present.has(name), `${name} is there, but called dropped`);
    check(told.get(name) === reason, `${name} is called dropped by ${reason}`);
  }
  for (const name of witness.forgotten)
    check(!present.has(name), `${name} was delivered, but is there again`);
  check(present.size === names.length, 'a sample is there twice');
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
  check(after.length === entries.length + 1, 'a new sample took the place of another');
  check(after.at(-1)?.bootId === 'next' && !boots.includes('next'), 'a process start was numbered again');
  disk.powerCut();
  await witness.end();
  disk.powerOn();
  const again = await witness.start('once more');
  check((await waiting(again)).length === after.length, 'the next power cut finds another state');
  await witness.end();
  return [...wrong, ...witness.contradictions];
}

function namesOf(ranges: readonly DroppedRange[]): Map<string, string> {
  const names = new Map<string, string>();
  for (const { bootId, from, to, reason } of ranges) {
    for (let seq = from; seq <= to; seq++) names.set(nameOf({ bootId, seq }), reason);
  }
  return names;
}

/** Every way in which the power can fail at an instant: before and after, with any part of what was not synced kept. */
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
