import { readFileSync } from 'node:fs';
import { z } from 'zod';
import type { Delay } from './guarantee.ts';
import { GUARANTEE_IDS, type GuaranteeId } from './ids.ts';

/** How long something usually takes that a guarantee limits, as a share of its bound. */
export interface UsualDelay {
  /** Number of deadlines that were measured. */
  readonly count: number;
  readonly p50: number;
  readonly p99: number;
}

/** For each guarantee with deadlines. */
export type UsualDelays = Readonly<Partial<Record<GuaranteeId, UsualDelay>>>;

/** The kept table, over all scenarios of the test suite. */
export const USUAL_DELAYS_FILE = new URL('./usual-delays.json', import.meta.url);
const SCHEMA = z.partialRecord(
  z.enum(GUARANTEE_IDS),
  z.object({ count: z.int(), p50: z.number(), p99: z.number() }),
);

/** A change that makes what is usual half as slow again fails. */
const MAX_RATIO = 1.5;
/** What counts as no time at all: shares up to this are not compared. */
const MIN_SHARE = 0.02;
/** Number of deadlines without which nothing is usual. */
const MIN_COUNT = 5;
/** Shares are kept to the thousandth. */
const SHARE_DIGITS = 3;

/** Deadlines that were met, as shares of their bounds. */
export function sharesOf(delays: readonly Delay[]): number[] {
  return delays
    .filter(({ tookMs }) => Number.isFinite(tookMs))
    .map(({ tookMs, withinMs }) => rounded(Math.max(0, tookMs) / withinMs));
}

/** What is usual in a number of runs. @param runs the shares of each guarantee */
export function usualDelays(
  runs: readonly { readonly id: GuaranteeId; readonly shares: readonly number[] }[],
): UsualDelays {
  const entries = GUARANTEE_IDS.flatMap((id): [GuaranteeId, UsualDelay][] => {
    const shares = runs.flatMap((run) => (run.id === id ? run.shares : [])).sort((a, b) => a - b);
    if (shares.length === 0) return [];
    return [[id, { count: shares.length, p50: quantile(shares, 0.5), p99: quantile(shares, 0.99) }]];
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

/** Reads the kept table. */
export function readUsualDelays(): UsualDelays {
  return SCHEMA.parse(JSON.parse(readFileSync(USUAL_DELAYS_FILE, 'utf8')));
}

/** The share that a part of all shares does not exceed. @param sorted at least one */
function quantile(sorted: readonly number[], part: number): number {
  return sorted[Math.min(sorted.length - 1, Math.ceil(part * sorted.length) - 1)] ?? 0;
}

function rounded(share: number): number {
  return Number(share.toFixed(SHARE_DIGITS));
}

function percent(share: number): string {
  return `${Math.round(share * 100)} %`;
}
