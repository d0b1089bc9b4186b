/** A set of integers as sorted, disjoint, non-adjacent ranges, including both ends. */
export type Ranges = readonly (readonly [from: number, to: number])[];

export function includes(ranges: Ranges, number: number): boolean {
  return ranges.some(([from, to]) => from <= number && number <= to);
}

export function countOf(ranges: Ranges): number {
  let count = 0;
  for (const [from, to] of ranges) count += to - from + 1;
  return count;
}

/** Yields the numbers in the ranges, in order, from `first` on. */
export function* numbersIn(ranges: Ranges, first = -Infinity): Generator<number> {
  for (const [from, to] of ranges) {
    for (let number = Math.max(from, first); number <= to; number++) yield number;
  }
}

/** Returns the ranges with a number added. */
export function including(ranges: Ranges, number: number): Ranges {
  if (includes(ranges, number)) return ranges;
  // The newest sample usually follows the others.
  const last = ranges.at(-1);
  if (last?.[1] === number - 1) return [...ranges.slice(0, -1), [last[0], number]];
  const before = ranges.filter(([, to]) => to < number);
  const after = ranges.filter(([from]) => from > number);
  const [left, right] = [before.at(-1), after[0]];
  const joinsLeft = left?.[1] === number - 1;
  const joinsRight = right?.[0] === number + 1;
  return [
    ...(joinsLeft ? before.slice(0, -1) : before),
    [joinsLeft ? left[0] : number, joinsRight ? right[1] : number],
    ...(joinsRight ? after.slice(1) : after),
  ];
}

/** Returns the ranges with a number removed. */
export function excluding(ranges: Ranges, number: number): Ranges {
  const [first, ...others] = ranges;
  // The oldest sample usually goes first.
  if (first?.[0] === number) return number < first[1] ? [[number + 1, first[1]], ...others] : others;
  return ranges.flatMap(([from, to]) => {
    if (number < from || number > to) return [[from, to] as const];
    const parts = [[from, number - 1] as const, [number + 1, to] as const];
    return parts.filter(([first, last]) => first <= last);
  });
}

/** Converts numbers to ranges. */
export function rangesOf(numbers: Iterable<number>): Ranges {
  const ranges: [number, number][] = [];
  for (const number of [...numbers].sort((a, b) => a - b)) {
    const last = ranges.at(-1);
    if (last && number <= last[1] + 1) last[1] = Math.max(last[1], number);
    else ranges.push([number, number]);
  }
  return ranges;
}
