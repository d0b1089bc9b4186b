import { createLogger } from '../../../../client/log.ts';
import type { Bounds } from '../../../../client/outbox/bounds.ts';
import { parseKey, UNNUMBERED, type Entry } from '../../../../client/outbox/entry.ts';
import type { DroppedRange } from '../../../../client/outbox/ledger.ts';
import { openOutbox } from '../../../../client/outbox/open.ts';
import { Outbox } from '../../../../client/outbox/outbox.ts';
import type { SampleId } from '../../../../client/outbox/sample-id.ts';
import {
  ProcessGoneError,
  VirtualDisk,
  type Instant,
  type PowerCut,
} from '../../../world/disk/virtual-disk.ts';

export const PATH = 'outbox';
export const ROOMY: Bounds = {
  maxCount: 1_000,
  maxBytes: 1_000_000,
  maxAgeMs: 1e12,
  whenFull: 'drop-oldest',
};
/** From one look at the clock to the next: so long that whoever waits for a while waits no longer. */
const TICK_MS = 3_600_000;

const nameOf = ({ bootId, seq }: SampleId): string => `${bootId} ${seq}`;

/** What a process does with the outbox on a disk, from its first start on; a power cut ends it. */
export type Story = (disk: VirtualDisk, witness: Witness) => Promise<void>;

/** What an observer outside the process knows. */
export class Witness {
  /** What was to be stored under a name. */
  readonly payloads = new Map<string, string>();
  /** Samples whose append said that they are stored, and those of which it said that they gave way. */
  readonly taken = new Set<string>();
  readonly gaveWay = new Set<string>();
  /** What the broker has acknowledged. */
  readonly delivered = new Set<string>();
  /** What was delivered before any disk could know of it. */
  readonly forgotten = new Set<string>();
  /** The name of the sample under each key that was ever seen. */
  readonly keys = new Map<string, string>();
  readonly contradictions: string[] = [];
  readonly #disk: VirtualDisk;
  #inMemory: (() => void)[] = [];

  constructor(disk: VirtualDisk) {
    this.#disk = disk;
  }

  async append(outbox: Outbox): Promise<void> {
    await this.appendInMemory(outbox);
    for (const take of this.#inMemory) take();
    this.#inMemory = [];
  }

  /** Appends while there is no disk: nobody promises more before there is one. */
  async appendInMemory(outbox: Outbox): Promise<void> {
    let name = '';
    const isStored = await outbox.append((id) => {
      name = nameOf(id);
      const payload = JSON.stringify({ ...id, filler: '·'.repeat(id.seq) });
      this.payloads.set(name, payload);
      return payload;
    });
    await this.#alive();
    this.#inMemory.push(() => (isStored ? this.taken : this.gaveWay).add(name));
  }

  async waiting(outbox: Outbox): Promise<string[]> {
    const entries = await outbox.next(1_000);
    return entries.map((entry) => this.#identify(entry));
  }

  async deliver(outbox: Outbox, count: number): Promise<void> {
    await this.acknowledge(outbox, await this.send(outbox, count));
  }

  /** Delivers what is in memory alone. */
  async deliverFromMemory(outbox: Outbox, count: number): Promise<void> {
    const entries = await this.send(outbox, count);
    await this.acknowledge(outbox, entries);
    for (const entry of entries) this.forgotten.add(this.#identify(entry));
  }

  async send(outbox: Outbox, count: number, after?: string): Promise<Entry[]> {
    const entries = await outbox.next(count, after);
    await this.#alive();
    for (const entry of entries) this.delivered.add(this.#identify(entry));
    return entries;
  }

  async acknowledge(outbox: Outbox, entries: readonly Entry[]): Promise<void> {
    await outbox.remove(entries);
    await this.#alive();
  }

  async setAside(outbox: Outbox): Promise<void> {
    const [entry] = await outbox.next(1);
    if (entry) await outbox.setAside(entry);
    await this.#alive();
  }

  /** A process without a disk lives on where the power fails. */
  async #alive(): Promise<void> {
    await refusal(this.#disk.probe());
  }

  #identify({ key, payload }: Entry): string {
    const { bootId, seq } = JSON.parse(payload) as SampleId;
    const name = nameOf({ bootId, seq });
    const place = parseKey(key)?.boot === UNNUMBERED ? `${bootId} in memory ${key}` : key;
    if (this.payloads.get(name) !== payload) this.contradictions.push(`${name} has changed: ${payload}`);
    if ((this.keys.get(place) ?? name) !== name) this.contradictions.push(`${key} stands for two samples`);
    this.keys.set(place, name);
    return name;
  }
}

export async function start(disk: VirtualDisk, bootId: string, bounds: Bounds = ROOMY): Promise<Outbox> {
  const store = disk.create(PATH);
  await store.open();
  const now = { atMs: 0, wallMs: 0, clockSynced: false };
  return await Outbox.open(store, { bootId, bounds, now: () => now, probe: disk.probe });
}

/** Starts as the client does, which wants no disk for it. */
export async function startAnyway(
  disk: VirtualDisk,
  bootId: string,
  bounds: Bounds = ROOMY,
): Promise<Outbox> {
  let atMs = 0;
  const { outbox } = await openOutbox({
    bootId,
    bounds,
    now: () => ({ atMs: (atMs += TICK_MS), wallMs: 0, clockSynced: false }),
    room: disk,
    path: PATH,
    log: createLogger({ level: 'silent', format: 'json', sink: { write: () => undefined } }),
  });
  return outbox;
}

/** The disk may refuse; only a power cut ends the story. */
export async function refusal(attempt: Promise<void>): Promise<void> {
  await attempt.catch((error: unknown) => {
    if (error instanceof ProcessGoneError) throw error;
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
  const instants: Instant[] = [];
  const disk = new VirtualDisk((instant) => instants.push(instant));
  const undisturbed = new Witness(disk);
  await story(disk, undisturbed);
  const cuts = instants.flatMap(cutsAt);
  disk.kill();
  const told = namesOf((await start(disk, 'last')).ledger.ranges);

  const wrong = [...undisturbed.contradictions];
  for (const [cut, kept] of cuts) {
    const replay = new VirtualDisk();
    const witness = new Witness(replay);
    replay.powerCutAt(cut, kept);
    const end = await story(replay, witness).catch((error: unknown) => error);
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
  const outbox = await start(disk, 'next');
  const entries = await outbox.next(1_000);
  const keys = entries.map(({ key }) => key);
  const waiting = await witness.waiting(outbox);
  const { ranges, totals } = outbox.ledger;
  const dropped = namesOf(ranges);
  const present = new Set(waiting);

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
  check(present.size === waiting.length, 'a sample is there twice');
  check(keys.join() === [...keys].sort().join(), 'samples are out of order');
  const bySeq = new Map<string, number>();
  for (const name of waiting) {
    const [bootId = '', seq] = name.split(' ');
    check(Number(seq) > (bySeq.get(bootId) ?? 0), `${name} is out of order`);
    bySeq.set(bootId, Number(seq));
  }
  for (const reason of new Set(dropped.values())) {
    const count = [...dropped.values()].filter((other) => other === reason).length;
    check(totals[reason as keyof typeof totals] === count, `the total of ${reason} is not ${count}`);
  }
  check(Object.keys(totals).length === new Set(dropped.values()).size, 'a total without a range');
  check(outbox.fill.count === waiting.length, 'the count is wrong');
  const bytes = entries.reduce((sum, { payload }) => sum + Buffer.byteLength(payload), 0);
  check(outbox.fill.bytes === bytes, 'the bytes are wrong');

  await witness.append(outbox);
  const after = await outbox.next(1_000);
  const last = after.at(-1);
  check(after.length === entries.length + 1, 'a new sample took the place of another');
  const boots = keys.map((key) => parseKey(key)?.boot ?? 0);
  check(
    boots.every((boot) => boot < (parseKey(last?.key ?? '')?.boot ?? 0)),
    'a process start was numbered again',
  );
  disk.powerCut();
  disk.powerOn();
  const again = await start(disk, 'again');
  check((await again.next(1_000)).length === after.length, 'the next power cut finds another state');
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
function cutsAt({ number, kind, pending }: Instant): (readonly [cut: PowerCut, kept: number])[] {
  const pendingAfter = kind === 'write' ? pending + 1 : 0;
  return [
    ...Array.from({ length: pending + 1 }, (_, kept) => [{ before: number }, kept] as const),
    ...Array.from({ length: pendingAfter + 1 }, (_, kept) => [{ after: number }, kept] as const),
  ];
}

function isGone(error: unknown): boolean {
  return error instanceof ProcessGoneError || (error instanceof Error && isGone(error.cause));
}
