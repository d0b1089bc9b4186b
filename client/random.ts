import { randomBytes } from 'node:crypto';

/** The source of all randomness of the client. */
export interface Random {
  /** Unpredictable bytes: keys, nonces, ids. */
  readonly bytes: (count: number) => Buffer;
  /** A number from 0 (inclusive) to 1 (exclusive): jitter of pauses. */
  readonly unit: () => number;
}

export const systemRandom: Random = { bytes: (count) => randomBytes(count), unit: () => Math.random() };
