import type { Delay } from './guarantee.ts';

/** How many deadlines took which share of their bound, by the share in thousandths: such numbers add up. */
export type ShareCounts = Readonly<Record<string, number>>;

const PER_BOUND = 1_000;

/** Counts deadlines that were met, by the share of its bound that each took. */
export function countShares(delays: readonly Delay[]): ShareCounts {
  const counts: Record<string, number> = {};
  for (const { tookMs, withinMs } of delays) {
    if (!Number.isFinite(tookMs)) continue;
    const share = Math.round((PER_BOUND * Math.max(0, tookMs)) / withinMs);
    counts[share] = (counts[share] ?? 0) + 1;
  }
  return counts;
}

/** Adds counts up. */
export function sumOfShares(parts: readonly ShareCounts[]): ShareCounts {
  const sum: Record<string, number> = {};
  for (const part of parts)
    for (const [share, count] of Object.entries(part)) sum[share] = (sum[share] ?? 0) + count;
  return sum;
}

/** Number of deadlines. */
export function deadlinesIn(counts: ShareCounts): number {
  return Object.values(counts).reduce((sum, count) => sum + count, 0);
}

/** Returns the share of the bound that a part of all deadlines does not exceed; 0 if there are none. */
export function quantileOfShares(counts: ShareCounts, part: number): number {
  let left = Math.ceil(part * deadlinesIn(counts));
  let reached = 0;
  // Keys that are whole numbers come in ascending order.
  for (const [share, count] of Object.entries(counts)) {
    if (left <= 0) break;
    reached = Number(share) / PER_BOUND;
    left -= count;
  }
  return reached;
}
