/** Number of `items`, sorted by `timeOf`, at or before `ms`. */
export function countUntil<T>(items: readonly T[], ms: number, timeOf: (item: T) => number): number {
  return countWhile(items, (item) => timeOf(item) <= ms);
}

/** Those of `items`, sorted by `timeOf`, from `beginMs` to `endMs`, both included. */
export function itemsIn<T>(
  items: readonly T[],
  { beginMs, endMs }: { readonly beginMs: number; readonly endMs: number },
  timeOf: (item: T) => number,
): readonly T[] {
  const begin = countWhile(items, (item) => timeOf(item) < beginMs);
  return items.slice(begin, countUntil(items, endMs, timeOf));
}

/** Number of leading `items` that meet a condition, which none of the others meets. */
function countWhile<T>(items: readonly T[], meetsCondition: (item: T) => boolean): number {
  let low = 0;
  let high = items.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const item = items[middle];
    if (item !== undefined && meetsCondition(item)) low = middle + 1;
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

/** The last of `items`, sorted by `timeOf`, before `ms`. */
export function lastBefore<T>(items: readonly T[], ms: number, timeOf: (item: T) => number): T | undefined {
  return items[countWhile(items, (item) => timeOf(item) < ms) - 1];
}

/** The first of `items`, sorted by `timeOf`, after `ms`. */
export function firstAfter<T>(items: readonly T[], ms: number, timeOf: (item: T) => number): T | undefined {
  return items[countUntil(items, ms, timeOf)];
}
