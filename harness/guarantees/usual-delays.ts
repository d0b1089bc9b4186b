import { readFileSync, writeFileSync } from 'node:fs';
import { z } from 'zod';
import { GUARANTEE_IDS, type GuaranteeId } from './ids.ts';
import { deadlinesIn, quantileOfShares, type ShareCounts } from './share-counts.ts';

/** How long something usually takes that a guarantee limits, as a share of its bound. */
export interface UsualDelay {
  /** Number of deadlines that were measured. */
  readonly count: number;
  readonly p50: number;
  readonly p99: number;
}

/** For each guarantee with deadlines. */
export type UsualDelays = Readonly<Partial<Record<GuaranteeId, UsualDelay>>>;

/** Sets of runs for which the delays are kept. */
const RUN_SETS = ['scenarios', 'standard campaign'] as const;
export type RunSet = (typeof RUN_SETS)[number];

/** The kept tables. */
const FILE = new URL('./usual-delays.json', import.meta.url);
const SCHEMA = z.partialRecord(
  z.enum(RUN_SETS),
  z.partialRecord(z.enum(GUARANTEE_IDS), z.object({ count: z.int(), p50: z.number(), p99: z.number() })),
);

/** A change that makes what is usual half as slow again fails. */
const MAX_RATIO = 1.5;
/** What counts as no time at all: shares up to this are not compared. */
const MIN_SHARE = 0.02;
/** Number of deadlines without which nothing is usual. */
const MIN_COUNT = 5;

/** What is usual in a number of runs. @param shares sums over all of them */
export function usualDelays(shares: Readonly<Partial<Record<GuaranteeId, ShareCounts>>>): UsualDelays {
  const entries = GUARANTEE_IDS.flatMap((id): [GuaranteeId, UsualDelay][] => {
    const counts = shares[id] ?? {};
    const count = deadlinesIn(counts);
    if (count === 0) return [];
    return [[id, { count, p50: quantileOfShares(counts, 0.5), p99: quantileOfShares(counts, 0.99) }]];
  });
  return Object.fromEntries(entries);
}

/** What has become slower than usual, in one sentence each. */
export function slowerThanUsual(kept: UsualDelays, measured: UsualDelays): string[] {
  return GUARANTEE_IDS.flatMap((id) => {
    const [before, now] = [kept[id], measured[id]];
    if (!before || !now || Math.min(before.count, now.count) < MIN_COUNT) return [];
    return (['p50', 'p99'] as const)
      .filter((name) => now[name] > MAX_RATIO * Math.max(before[name], MIN_SHARE))
      .map(
        (name) => `${id}: ${name} was ${percent(before[name])} of the bound, and is ${percent(now[name])}`,
      );
  });
}

/** Reads what is usual in a set of runs; empty if nothing is kept for it. */
export function readUsualDelays(set: RunSet): UsualDelays {
  return readTables()[set] ?? {};
}

/** Keeps what is usual in a set of runs. */
export function writeUsualDelays(set: RunSet, usual: UsualDelays): void {
  writeFileSync(FILE, `${JSON.stringify({ ...readTables(), [set]: usual }, undefined, 2)}\n`);
}

function readTables(): z.infer<typeof SCHEMA> {
  return SCHEMA.parse(JSON.parse(readFileSync(FILE, 'utf8')));
}

function percent(share: number): string {
  return `${Math.round(share * 100)} %`;
}
