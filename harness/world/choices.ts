import type { Random } from '../../client/random.ts';

/** Choices by a source of randomness. */
export class Choices {
  readonly #random: Random;

  constructor(random: Random) {
    this.#random = random;
  }

  /** Whether something happens that does in a share of all cases. */
  chance(share: number): boolean {
    return this.#random.unit() < share;
  }

  /** A whole number from 0 to `max`. */
  upTo(max: number): number {
    return Math.floor(this.#random.unit() * (max + 1));
  }

  bytes(count: number): Buffer {
    return this.#random.bytes(count);
  }

  pick<Item>(items: readonly [Item, ...Item[]]): Item;
  pick<Item>(items: readonly Item[]): Item | undefined;
  pick<Item>(items: readonly Item[]): Item | undefined {
    return items[this.upTo(items.length - 1)];
  }
}
