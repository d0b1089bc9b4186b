import type { Ranges } from '../ranges.ts';
import { Segment, type ProcessStart } from './segment.ts';
import type { StoredBoot } from './store/store-scan.ts';
import type { BootRow } from './store/tables.ts';

/** A process start with undelivered samples. */
export interface Boot extends ProcessStart {
  /** Oldest first. */
  segments: readonly Segment[];
  /** Whether its row in the store may be out of date. */
  isDirty: boolean;
}

/** A process start that was found in a store. */
export function bootOf({ number, id, segments }: StoredBoot): Boot {
  // Written again at each process start, so that the row is in the newest file of the store.
  const boot: Boot = { id, number, segments: [], isDirty: true };
  boot.segments = segments.map(({ number: segment, row, isIntact }) =>
    Segment.stored(boot, segment, row, isIntact),
  );
  return boot;
}

/** The row of this process start is stored even without samples, so that its number is not used again. */
export function rowOf({ id, segments }: Boot, numbers: Ranges, isThisProcess: boolean): BootRow | undefined {
  if (isThisProcess) return { id, segments: numbers };
  if (numbers.length === 0) return undefined;
  const last = segments.findLast(({ present }) => present.length > 0)?.present.at(-1)?.[1];
  return { id, segments: numbers, last };
}
