/**
 * The last of `items` that starts at or before `value`, by bisection.
 * @param items sorted by `start`, ascending
 * @throws RangeError if all of them start later, or there are none
 */
export function lastStarted<T>(items: readonly T[], start: (item: T) => number, value: number): T {
  let found: T | undefined;
  let low = 0;
  let high = items.length - 1;
  while (low <= high) {
    const middle = (low + high) >> 1;
    const item = items[middle];
    if (item !== undefined && start(item) <= value) {
      found = item;
      low = middle + 1;
    } else {
      high = middle - 1;
    }
  }
  if (found === undefined) throw new RangeError(`Nothing starts at or before ${value}`);
  return found;
}
