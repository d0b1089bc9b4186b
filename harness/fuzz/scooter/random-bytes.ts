import { createHash } from 'node:crypto';

/** Random bytes of a scooter: the same for the same seed, and no two the same. */
export function randomBytes(seed: number): (count: number) => Buffer {
  let calls = 0;
  return (count) => {
    calls += 1;
    return createHash('shake256', { outputLength: count }).update(`${seed} ${calls}`).digest();
  };
}
