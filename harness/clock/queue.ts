/** Something that waits for its moment. */
export interface Entry<T> {
  readonly dueMs: number;
  /** Of two that are due at once the one that came first goes first. */
  readonly order: number;
  readonly item: T;
  isWaiting: boolean;
}

/** Entries that were called off may make up so much of the queue before they are swept out. */
const SWEEP_SHARE = 0.5;
const SMALLEST_SWEEP = 64;

/** What waits, earliest first: a binary heap, in which what is called off stays until it surfaces or is swept out. */
export class Queue<T> {
  #heap: Entry<T>[] = [];
  #order = 0;
  #calledOff = 0;

  /** How many wait. */
  get size(): number {
    return this.#heap.length - this.#calledOff;
  }

  /** Everything that waits, in no order. */
  get items(): T[] {
    return this.#heap.filter(({ isWaiting }) => isWaiting).map(({ item }) => item);
  }

  add(item: T, dueMs: number): Entry<T> {
    const entry = { dueMs, order: this.#order++, item, isWaiting: true };
    this.#rise(entry, this.#heap.length);
    return entry;
  }

  callOff(entry: Entry<T>): void {
    if (!entry.isWaiting) return;
    entry.isWaiting = false;
    this.#calledOff += 1;
    if (this.#heap.length < SMALLEST_SWEEP || this.#calledOff < this.#heap.length * SWEEP_SHARE) return;
    const waiting = this.#heap.filter(({ isWaiting }) => isWaiting);
    this.#heap = waiting.sort((one, other) => (isBefore(one, other) ? -1 : 1));
    this.#calledOff = 0;
  }

  /** Takes the earliest one out if it is due by then. */
  takeDue(byMs: number): Entry<T> | undefined {
    for (;;) {
      const first = this.#heap[0];
      if (!first) return undefined;
      if (first.isWaiting && first.dueMs > byMs) return undefined;
      this.#removeFirst();
      if (first.isWaiting) {
        first.isWaiting = false;
        return first;
      }
      this.#calledOff -= 1;
    }
  }

  /** When the earliest one is due; undefined where none waits. */
  get nextMs(): number | undefined {
    for (let first = this.#heap[0]; first; first = this.#heap[0]) {
      if (first.isWaiting) return first.dueMs;
      this.#removeFirst();
      this.#calledOff -= 1;
    }
    return undefined;
  }

  #removeFirst(): void {
    const last = this.#heap.pop();
    if (last && this.#heap.length > 0) this.#sink(last);
  }

  /** Puts an entry where `at` is or above. */
  #rise(entry: Entry<T>, at: number): void {
    while (at > 0) {
      const above = (at - 1) >> 1;
      const parent = this.#heap[above];
      if (!parent || isBefore(parent, entry)) break;
      this.#heap[at] = parent;
      at = above;
    }
    this.#heap[at] = entry;
  }

  /** Puts an entry at the top or below. */
  #sink(entry: Entry<T>): void {
    let at = 0;
    for (;;) {
      const [left, right] = [this.#heap[2 * at + 1], this.#heap[2 * at + 2]];
      const child = left && right && isBefore(right, left) ? right : left;
      if (!child || isBefore(entry, child)) break;
      this.#heap[at] = child;
      at = child === left ? 2 * at + 1 : 2 * at + 2;
    }
    this.#heap[at] = entry;
  }
}

function isBefore<T>(one: Entry<T>, other: Entry<T>): boolean {
  return one.dueMs < other.dueMs || (one.dueMs === other.dueMs && one.order < other.order);
}
