/** Number of `items`, sorted by `timeOf`, at or before `ms`. */
export function countUntil<T>(items: readonly T[], ms: number, timeOf: (item: T) => number): number {
  let low = 0;
  let high = items.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const item = items[middle];
    if (item !== undefined && timeOf(item) <= ms) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Number of `timesMs`, which are in order, after `fromMs` up to `toMs`. */
export function countBetween(timesMs: readonly number[], fromMs: number, toMs: number): number {
  const until = (ms: number): number => countUntil(timesMs, ms, (atMs) => atMs);
  return until(toMs) - until(fromMs);
}

/** The last of `items`, sorted by `timeOf`, at or before `ms`. */
export function lastUntil<T>(items: readonly T[], ms: number, timeOf: (item: T) => number): T | undefined {
  return items[countUntil(items, ms, timeOf) - 1];
}

/** The first of `items`, sorted by `timeOf`, after `ms`. */
export function firstAfter<T>(items: readonly T[], ms: number, timeOf: (item: T) => number): T | undefined {
  return items[countUntil(items, ms, timeOf)];
}
