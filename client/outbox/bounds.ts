import { sizeOf, type StoredSample } from './entry.ts';
import type { DropReason } from './ledger.ts';

/** What gives way when the outbox is full. */
export type FullPolicy = 'drop-oldest' | 'drop-newest';

export interface Bounds {
  readonly maxCount: number;
  /** Of payloads; the store itself takes somewhat more. */
  readonly maxBytes: number;
  readonly maxAgeMs: number;
  readonly whenFull: FullPolicy;
}

/** What is in the outbox. */
export interface Fill {
  readonly count: number;
  /** Of payloads. */
  readonly bytes: number;
}

export const EMPTY: Fill = { count: 0, bytes: 0 };

/** Which limit would be passed; undefined if there is room. */
export function exceeded({ maxCount, maxBytes }: Bounds, { count, bytes }: Fill): DropReason | undefined {
  if (count > maxCount) return 'count';
  return bytes > maxBytes ? 'bytes' : undefined;
}

/** How the present moment is known. */
export interface Now {
  /** `performance.now()`. */
  readonly atMs: number;
  readonly wallMs: number;
  readonly clockSynced: boolean;
}

/**
 * Whether a sample is too old. Those of this process are as old as the monotonic clock says. Those of earlier ones are
 * judged by the wall clock only if it was right both then and now: one that starts in 1970 jumps by years.
 */
export function isTooOld(
  { maxAgeMs }: Bounds,
  sample: StoredSample,
  isOfThisBoot: boolean,
  now: Now,
): boolean {
  if (isOfThisBoot) return now.atMs - sample.atMs > maxAgeMs;
  return sample.clockSynced && now.clockSynced && now.wallMs - sample.wallMs > maxAgeMs;
}

/** The fill with one sample more or less. */
export function changed({ count, bytes }: Fill, sample: StoredSample, by: 1 | -1): Fill {
  return { count: count + by, bytes: bytes + by * sizeOf(sample) };
}
