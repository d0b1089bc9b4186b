const SECOND_MS = 1_000;

/** Values from `min` up to below `value`, in whole seconds, the lowest first and then ever closer to `value`. */
export function* lowered(value: number, min: number): Generator<number> {
  if (value <= min) return;
  yield min;
  for (let cut = (value - min) / 2; cut >= SECOND_MS; cut /= 2) {
    const lower = Math.floor((value - cut) / SECOND_MS) * SECOND_MS;
    if (lower > min) yield lower;
  }
}

/** Lists without one part of it: without a half, a quarter and so on, at last without a single element. */
export function* withoutParts<T>(list: readonly T[]): Generator<readonly T[]> {
  for (let size = Math.ceil(list.length / 2); size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2)) {
    for (let begin = 0; begin < list.length; begin += size) {
      yield [...list.slice(0, begin), ...list.slice(begin + size)];
    }
  }
}

/** Records without one of their entries; first without any. */
export function* withoutEntries<T extends object>(record: T): Generator<Partial<T>> {
  const entries = Object.entries(record);
  if (entries.length > 1) yield {};
  for (const [omitted] of entries) {
    yield Object.fromEntries(entries.filter(([name]) => name !== omitted)) as Partial<T>;
  }
}

/** Counts from 1 up to below `count`, the lowest first and then ever closer to `count`. */
export function* earlier(count: number): Generator<number> {
  for (let cut = count - 1; cut >= 1; cut = Math.floor(cut / 2)) yield count - cut;
}
