import type { Random } from '../../../../client/random.ts';
import { deriveSeed, seededRandom } from '../../../world/random.ts';

/** The first numbers of generators with similar seeds are similar. */
const SKIPPED_BYTES = 64;

/** What a campaign draws of one aspect of a scenario, independently of its other aspects. */
export class Draw {
  readonly #random: Random;

  constructor(seed: number, aspect: string) {
    this.#random = seededRandom(deriveSeed(seed, `campaign ${aspect}`));
    this.#random.bytes(SKIPPED_BYTES);
  }

  /** From 0 (inclusive) to 1 (exclusive). */
  unit(): number {
    return this.#random.unit();
  }

  chance(probability: number): boolean {
    return this.unit() < probability;
  }

  pick<T>(choices: readonly T[]): T {
    const choice = choices[Math.floor(this.unit() * choices.length)];
    if (choice === undefined) throw new RangeError('No choices to draw from');
    return choice;
  }

  uniform(min: number, max: number): number {
    return min + this.unit() * (max - min);
  }

  whole(min: number, max: number): number {
    return Math.floor(this.uniform(min, max + 1));
  }

  /** Each order of magnitude is as likely as another; whole above 1000. */
  logUniform(min: number, max: number): number {
    const value = min * (max / min) ** this.unit();
    return max > 1_000 ? Math.round(value) : value;
  }

  /** Time until the next of events that come at random. */
  intervalMs(meanMs: number): number {
    return Math.ceil(-Math.log(1 - this.unit()) * meanMs);
  }

  /** Each one of `list` with a probability. */
  some<T>(list: readonly T[], probability: number): T[] {
    return list.filter(() => this.chance(probability));
  }
}

/** Rounds to as many decimals as a person would write. */
export function rounded(value: number, decimals = 2): number {
  return Number(value.toFixed(decimals));
}
