import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import type { Random } from '../../client/random.ts';

const UNIT_STEPS = 2 ** 31;

/** Randomness that a seed replays: bytes for keys, a unit interval for dice. */
export function seededRandom(seed: number): Random {
  const generator = xoroshiro128plus(seed);
  const draw = (below: number): number => uniformInt(generator, 0, below - 1);
  return {
    bytes: (count) => {
      const bytes = Buffer.alloc(count);
      for (let at = 0; at < count; at++) bytes[at] = draw(256);
      return bytes;
    },
    unit: () => draw(UNIT_STEPS) / UNIT_STEPS,
  };
}

/** A seed of its own for each part of a world, so that one part's draws do not shift another's. */
export function forkSeed(seed: number, part: string): number {
  return [...Buffer.from(part)].reduce((hash, byte) => (Math.imul(hash, 31) + byte) | 0, seed);
}

/** Puts a seeded generator behind `Math.random`, which the libraries draw from. @returns takes it back. */
export function pinMathRandom({ unit }: Random): () => void {
  const { random } = Math;
  Math.random = unit;
  return () => (Math.random = random);
}
