import { randomBytes } from 'node:crypto';

/** Where all randomness of the client comes from. */
export interface Random {
  /** Unpredictable bytes: keys, nonces, ids. */
  readonly bytes: (count: number) => Buffer;
  /** A number from 0 (inclusive) to 1 (exclusive): pauses. */
  readonly unit: () => number;
}

export const systemRandom: Random = { bytes: (count) => randomBytes(count), unit: () => Math.random() };
