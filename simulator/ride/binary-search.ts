/**
 * Finds the last of `items` that starts at or before `value`, by bisection.
 * @param items sorted by `start`, ascending
 * @throws RangeError if there is none
 */
export function findLastStarted<T>(items: readonly T[], start: (item: T) => number, value: number): T {
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
  if (found === undefined) throw new RangeError(`no item starts at or before ${value}`);
  return found;
}
