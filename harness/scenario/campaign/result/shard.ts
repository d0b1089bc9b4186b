import { InvalidArgumentError } from 'commander';

/** A part of a campaign for one machine: every `count`-th seed, beginning with the `index`-th. */
export interface Shard {
  /** From 1 to `count`. */
  readonly index: number;
  readonly count: number;
}

/** The seeds of a campaign. */
export interface SeedRange {
  readonly from: number;
  readonly seeds: number;
}

export const WHOLE: Shard = { index: 1, count: 1 };

/** Parses a shard such as `2/8`. */
export function shardArgument(text: string): Shard {
  const [, index = 0, count = 0] = (/^(\d{1,6})\/(\d{1,6})$/.exec(text) ?? []).map(Number);
  if (index < 1 || index > count) {
    throw new InvalidArgumentError('Expected the number of the shard and that of all shards, such as 2/8.');
  }
  return { index, count };
}

/** The seeds that belong to a shard. */
export function seedsOf({ from, seeds }: SeedRange, { index, count }: Shard): number[] {
  const all = Array.from({ length: seeds }, (_, offset) => from + offset);
  return all.filter((_, offset) => offset % count === index - 1);
}
