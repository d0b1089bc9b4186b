import { changed, EMPTY, exceeded, isTooOld, type Bounds, type Fill, type Now } from './bounds.ts';
import type { Entry } from './entry.ts';
import type { DropReason } from './ledger.ts';
import type { MemoryShelf } from './memory-shelf.ts';

/** How many samples give way in one change. */
const CHUNK = 500;

/** Samples in their order. */
export interface Shelf {
  readonly fill: Fill;
  /** The oldest sample, where it is known. */
  readonly oldest: Entry | undefined;
  /** All of them, oldest first. */
  entries(): AsyncIterable<Entry> | Iterable<Entry>;
}

/** What decides on who has to give way. */
export interface Rules {
  readonly bounds: Bounds;
  readonly now: Now;
  /** Whether a key stands for a sample of this process. */
  readonly isOfThisBoot: (key: string) => boolean;
}

/** A sample that gives way, and why. */
export interface Departure {
  readonly entry: Entry;
  readonly reason: DropReason;
}

/** What has to happen for a new sample to come in. */
export interface Room {
  readonly departures: readonly Departure[];
  /** Why there is no room for it even then. */
  readonly full: DropReason | undefined;
}

/** Room for a new sample. @throws what reading the shelf throws. */
export async function roomFor(entry: Entry, shelf: Shelf, rules: Rules): Promise<Room> {
  const alone = exceeded(rules.bounds, changed(EMPTY, entry, 1));
  // Nothing is to go for a sample that would not fit even then.
  if (alone) return { departures: [], full: alone };
  const wanted = changed(shelf.fill, entry, 1);
  const departures = await departuresFrom(shelf, wanted, rules);
  return { departures, full: exceeded(rules.bounds, without(wanted, departures)) };
}

/**
 * The oldest samples that are too old, or have to make room where `wanted` is to be on the shelf; a chunk of them at
 * most. Reads nothing as long as the oldest one is known and may stay. @throws what reading the shelf throws.
 */
export async function departuresFrom(
  shelf: Shelf,
  wanted: Fill,
  { bounds, now, isOfThisBoot }: Rules,
): Promise<Departure[]> {
  let fill = wanted;
  const reasonFor = (entry: Entry): DropReason | undefined => {
    if (isTooOld(bounds, entry, isOfThisBoot(entry.key), now)) return 'age';
    return bounds.whenFull === 'drop-oldest' ? exceeded(bounds, fill) : undefined;
  };
  const departures: Departure[] = [];
  if (shelf.oldest && !reasonFor(shelf.oldest)) return departures;
  for await (const entry of shelf.entries()) {
    const reason = reasonFor(entry);
    if (!reason || departures.length === CHUNK) break;
    departures.push({ entry, reason });
    fill = changed(fill, entry, -1);
  }
  return departures;
}

/** Whether there may be more to give way than `departures`. */
export function isChunk(departures: readonly Departure[]): boolean {
  return departures.length >= CHUNK;
}

/**
 * Which of the samples in memory the disk has no room for, where the newest ones have to give way; oldest first. `fill`
 * is what there would be on the disk with all of them.
 */
export function turnedAway(memory: MemoryShelf, fill: Fill, bounds: Bounds): Departure[] {
  if (bounds.whenFull !== 'drop-newest' || !exceeded(bounds, fill)) return [];
  const departures: Departure[] = [];
  let left = fill;
  for (const entry of [...memory.entries()].reverse()) {
    const reason = exceeded(bounds, left);
    if (!reason) break;
    departures.push({ entry, reason });
    left = changed(left, entry, -1);
  }
  return departures.reverse();
}

/** A fill after departures. */
export function without(fill: Fill, departures: readonly Departure[]): Fill {
  return departures.reduce((before, { entry }) => changed(before, entry, -1), fill);
}
