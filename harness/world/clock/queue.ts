/** Something that waits for its moment. */
export interface Entry<T> {
  readonly dueMs: number;
  /** Of two that are due at once the one that came first goes first. */
  readonly order: number;
  readonly item: T;
  /** Where in the heap it stands; undefined once it waits no more. */
  at: number | undefined;
}

/** What waits, earliest first: a binary heap. */
export class Queue<T> {
  readonly #heap: Entry<T>[] = [];
  #order = 0;

  /** How many wait. */
  get size(): number {
    return this.#heap.length;
  }

  /** Everything that waits, in no order. */
  get items(): T[] {
    return this.#heap.map(({ item }) => item);
  }

  add(item: T, dueMs: number): Entry<T> {
    const entry: Entry<T> = { dueMs, order: this.#order++, item, at: undefined };
    this.#rise(entry, this.#heap.length);
    return entry;
  }

  callOff(entry: Entry<T>): void {
    const { at } = entry;
    if (at === undefined) return;
    entry.at = undefined;
    const last = this.#heap.pop();
    if (!last || last === entry) return;
    if (isBefore(last, entry)) this.#rise(last, at);
    else this.#sink(last, at);
  }

  /** Takes the earliest one out if it is due by then. */
  takeDue(byMs: number): Entry<T> | undefined {
    const first = this.#heap[0];
    if (!first || first.dueMs > byMs) return undefined;
    this.callOff(first);
    return first;
  }

  /** When the earliest one is due; undefined where none waits. */
  get nextMs(): number | undefined {
    return this.#heap[0]?.dueMs;
  }

  /** Puts an entry where `at` is or above. */
  #rise(entry: Entry<T>, at: number): void {
    while (at > 0) {
      const above = (at - 1) >> 1;
      const parent = this.#heap[above];
      if (!parent || isBefore(parent, entry)) break;
      this.#put(parent, at);
      at = above;
    }
    this.#put(entry, at);
  }

  /** Puts an entry where `at` is or below. */
  #sink(entry: Entry<T>, at: number): void {
    for (;;) {
      const left = this.#heap[2 * at + 1];
      const right = this.#heap[2 * at + 2];
      const child = left && right && isBefore(right, left) ? right : left;
      if (!child || isBefore(entry, child)) break;
      const below = child === left ? 2 * at + 1 : 2 * at + 2;
      this.#put(child, at);
      at = below;
    }
    this.#put(entry, at);
  }

  #put(entry: Entry<T>, at: number): void {
    this.#heap[at] = entry;
    entry.at = at;
  }
}

function isBefore<T>(one: Entry<T>, other: Entry<T>): boolean {
  return one.dueMs < other.dueMs || (one.dueMs === other.dueMs && one.order < other.order);
}
