/** An item in a priority queue. */
export interface Entry<T> {
  readonly dueMs: number;
  /** Orders items that are due at the same time: first in, first out. */
  readonly sequence: number;
  readonly item: T;
  /** Index in the heap; undefined once the item was removed. */
  heapIndex: number | undefined;
}

/** A queue of items by the time at which they are due: a binary heap. */
export class PriorityQueue<T> {
  readonly #heap: Entry<T>[] = [];
  #nextSequence = 0;

  get size(): number {
    return this.#heap.length;
  }

  /** All items, in no order. */
  get items(): T[] {
    return this.#heap.map(({ item }) => item);
  }

  add(item: T, dueMs: number): Entry<T> {
    const entry: Entry<T> = { dueMs, sequence: this.#nextSequence++, item, heapIndex: undefined };
    this.#siftUp(entry, this.#heap.length);
    return entry;
  }

  cancel(entry: Entry<T>): void {
    const { heapIndex } = entry;
    if (heapIndex === undefined) return;
    entry.heapIndex = undefined;
    const last = this.#heap.pop();
    if (!last || last === entry) return;
    if (isBefore(last, entry)) this.#siftUp(last, heapIndex);
    else this.#siftDown(last, heapIndex);
  }

  /** Removes and returns the earliest entry if it is due by then. */
  popDue(byMs: number): Entry<T> | undefined {
    const first = this.#heap[0];
    if (!first || first.dueMs > byMs) return undefined;
    this.cancel(first);
    return first;
  }

  /** When the earliest item is due; undefined if the queue is empty. */
  get nextMs(): number | undefined {
    return this.#heap[0]?.dueMs;
  }

  /** Moves an entry from `index` up to its place. */
  #siftUp(entry: Entry<T>, index: number): void {
    while (index > 0) {
      const above = (index - 1) >> 1;
      const parent = this.#heap[above];
      if (!parent || isBefore(parent, entry)) break;
      this.#put(parent, index);
      index = above;
    }
    this.#put(entry, index);
  }

  /** Moves an entry from `index` down to its place. */
  #siftDown(entry: Entry<T>, index: number): void {
    for (;;) {
      const left = this.#heap[2 * index + 1];
      const right = this.#heap[2 * index + 2];
      const child = left && right && isBefore(right, left) ? right : left;
      if (!child || isBefore(entry, child)) break;
      const below = child === left ? 2 * index + 1 : 2 * index + 2;
      this.#put(child, index);
      index = below;
    }
    this.#put(entry, index);
  }

  #put(entry: Entry<T>, index: number): void {
    this.#heap[index] = entry;
    entry.heapIndex = index;
  }
}

function isBefore<T>(one: Entry<T>, other: Entry<T>): boolean {
  return one.dueMs < other.dueMs || (one.dueMs === other.dueMs && one.sequence < other.sequence);
}
