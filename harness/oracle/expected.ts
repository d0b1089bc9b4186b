export type PublishedValue = number | boolean | string | null;

/** What a field of a sample has to be, if the tolerance, 0 for an exact value, and the facts suffice to tell. */
export type Expected = 'unknown' | { readonly value: PublishedValue; readonly tolerance: number };

/** Expected fields by their path in the JSON, such as `battery_info.percent`. */
export type ExpectedFields = ReadonlyMap<string, Expected>;

export function exactly(value: PublishedValue): Expected {
  return { value, tolerance: 0 };
}

/** Whether a published value is as expected. Any value is, if nothing is known. */
export function fits(expected: Expected, published: unknown): boolean {
  if (expected === 'unknown') return true;
  const { value, tolerance } = expected;
  if (typeof value !== 'number' || typeof published !== 'number') return published === value;
  return Math.abs(published - value) <= tolerance;
}
