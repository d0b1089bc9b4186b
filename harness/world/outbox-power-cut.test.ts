import { describe, expect, it } from 'vitest';
import type { Bounds } from '../../client/outbox/bounds.ts';
import { parseKey } from '../../client/outbox/entry.ts';
import type { DroppedRange } from '../../client/outbox/ledger.ts';
import { Outbox } from '../../client/outbox/outbox.ts';
import type { SampleId } from '../../client/outbox/sample-id.ts';
import { ProcessGoneError, VirtualDisk, type Instant, type PowerCut } from './store.ts';

const PATH = 'outbox';
/** Far more than it takes anywhere. */
const TIMEOUT_MS = 60_000;
const ROOMY: Bounds = { maxCount: 1_000, maxBytes: 1_000_000, maxAgeMs: 1e12, whenFull: 'drop-oldest' };

const nameOf = ({ bootId, seq }: SampleId): string => `${bootId} ${seq}`;

/** What an observer outside the process knows. */
class Witness {
  /** What was to be stored under a name. */
  readonly payloads = new Map<string, string>();
  /** Samples whose append said that they are stored, and those of which it said that they gave way. */
  readonly taken = new Set<string>();
  readonly gaveWay = new Set<string>();
  /** What the broker has acknowledged. */
  readonly delivered = new Set<string>();
  /** The name of the sample under each key that was ever seen. */
  readonly keys = new Map<string, string>();
  readonly contradictions: string[] = [];

  async append(outbox: Outbox): Promise<void> {
    let name = '';
    const isStored = await outbox.append((id) => {
      name = nameOf(id);
      const payload = JSON.stringify({ ...id, filler: '·'.repeat(id.seq) });
      this.payloads.set(name, payload);
      return payload;
    });
    (isStored ? this.taken : this.gaveWay).add(name);
  }

  async waiting(outbox: Outbox): Promise<string[]> {
    const entries = await outbox.next(1_000);
    return entries.map(({ key, payload }) => this.identify(key, payload));
  }

  async deliver(outbox: Outbox, count: number): Promise<void> {
    const entries = await outbox.next(count);
    for (const { key, payload } of entries) this.delivered.add(this.identify(key, payload));
    await outbox.remove(entries);
  }

  async setAside(outbox: Outbox): Promise<void> {
    const [entry] = await outbox.next(1);
    if (entry) await outbox.setAside(entry);
  }

  private identify(key: string, payload: string): string {
    const name = nameOf(renamed(JSON.parse(payload) as SampleId));
    if (this.payloads.get(name) !== payload) this.contradictions.push(`${name} has changed: ${payload}`);
    if ((this.keys.get(key) ?? name) !== name) this.contradictions.push(`${key} stands for two samples`);
    this.keys.set(key, name);
    return name;
  }
}

const renamed = ({ bootId, seq }: SampleId): SampleId => ({ bootId, seq });

async function start(disk: VirtualDisk, bootId: string, bounds: Bounds = ROOMY): Promise<Outbox> {
  const store = disk.create(PATH);
  await store.open();
  const now = { atMs: 0, wallMs: 0, clockSynced: false };
  return await Outbox.open(store, { bootId, bounds, now: () => now, probe: disk.probe });
}

/** Four lives of a client, with everything that an outbox does in them. */
async function story(disk: VirtualDisk, witness: Witness): Promise<void> {
  const first = await start(disk, 'a', { ...ROOMY, maxCount: 4 });
  for (let count = 0; count < 3; count++) await witness.append(first);
  await witness.deliver(first, 2);
  for (let count = 0; count < 5; count++) await witness.append(first);
  await witness.setAside(first);
  await witness.append(first);
  first.ledger.announced(first.ledger.ranges);
  await witness.deliver(first, 1);
  await first.close();

  const second = await start(disk, 'b', { ...ROOMY, maxCount: 4, whenFull: 'drop-newest' });
  for (let count = 0; count < 4; count++) await witness.append(second);
  await witness.deliver(second, 2);
  await witness.append(second);
  disk.kill();

  const third = await start(disk, 'c', { ...ROOMY, maxCount: 5 });
  for (const at of ['write', 'sync'] as const) {
    await witness.append(third);
    disk.fail({ code: 'ENOSPC', at });
    for (let count = 0; count < 2; count++) await refusal(witness.append(third));
    await refusal(witness.deliver(third, 1));
    await refusal(witness.setAside(third));
    disk.heal();
    await witness.append(third);
  }
  await witness.deliver(third, 2);
  await third.close();

  const fourth = await start(disk, 'd');
  await witness.append(fourth);
  await witness.deliver(fourth, 100);
}

/** The disk may refuse; only a power cut ends the story. */
async function refusal(attempt: Promise<void>): Promise<void> {
  await attempt.catch((error: unknown) => {
    if (error instanceof ProcessGoneError) throw error;
  });
}

function namesOf(ranges: readonly DroppedRange[]): Map<string, string> {
  const names = new Map<string, string>();
  for (const { bootId, from, to, reason } of ranges) {
    for (let seq = from; seq <= to; seq++) names.set(nameOf({ bootId, seq }), reason);
  }
  return names;
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

describe('a power cut', () => {
  it(
    'at any instant of a story loses nothing that was taken, changes no order, and no drop goes untold',
    async () => {
      const instants: Instant[] = [];
      const disk = new VirtualDisk((instant) => instants.push(instant));
      const undisturbed = new Witness();
      await story(disk, undisturbed);
      const cuts = instants.flatMap(cutsAt);
      disk.kill();
      const told = namesOf((await start(disk, 'last')).ledger.ranges);
      expect(new Set(told.values())).toEqual(new Set(['count', 'disk', 'refused']));
      expect(undisturbed.gaveWay.size).toBeGreaterThan(0);
      expect(undisturbed.contradictions).toEqual([]);

      const wrong: string[] = [];
      for (const [cut, kept] of cuts) {
        const replay = new VirtualDisk();
        const witness = new Witness();
        replay.powerCutAt(cut, kept);
        await expect(story(replay, witness)).rejects.toSatisfy(isGone);
        replay.heal();
        replay.powerOn();
        const found = await inspect(replay, witness, told);
        wrong.push(...found.map((what) => `${JSON.stringify(cut)}, ${kept} kept: ${what}`));
      }
      expect(wrong).toEqual([]);
    },
    TIMEOUT_MS,
  );
});

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
