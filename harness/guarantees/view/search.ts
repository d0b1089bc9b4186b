/** How many of `items`, which are in order of `stamp`, come at `ms` or before. */
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

/** The last of `items`, which are in order of `stamp`, that comes at `ms` or before. */
export function lastUntil<T>(items: readonly T[], ms: number, timeOf: (item: T) => number): T | undefined {
  return items[countUntil(items, ms, timeOf) - 1];
}

/** The first of `items`, which are in order of `stamp`, that comes after `ms`. */
export function firstAfter<T>(items: readonly T[], ms: number, timeOf: (item: T) => number): T | undefined {
  return items[countUntil(items, ms, timeOf)];
}
