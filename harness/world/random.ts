import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import type { Random } from '../../client/random.ts';

const UNIT_STEPS = 2 ** 31;

/** A reproducible random source. */
export function seededRandom(seed: number): Random {
  const generator = xoroshiro128plus(seed);
  const draw = (below: number): number => uniformInt(generator, 0, below - 1);
  return {
    bytes: (count) => {
      const bytes = Buffer.alloc(count);
      for (let index = 0; index < count; index++) bytes[index] = draw(256);
      return bytes;
    },
    unit: () => draw(UNIT_STEPS) / UNIT_STEPS,
  };
}

/** Derives the seed of one part of a world, so that the draws of one part do not shift those of another. */
export function deriveSeed(seed: number, part: string): number {
  return [...Buffer.from(part)].reduce((hash, byte) => (Math.imul(hash, 31) + byte) | 0, seed);
}

/** Replaces `Math.random`, which the libraries use. @returns restores it */
export function replaceMathRandom({ unit }: Random): () => void {
  const { random } = Math;
  Math.random = unit;
  return () => (Math.random = random);
}
