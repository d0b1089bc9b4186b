import type { Entry } from '../outbox/entry.ts';

/** Hang-ups on one and the same sample before it is set aside. */
const HANG_UPS = 3;

/**
 * Finds the sample that the broker does not take, where there is one. After a hang-up the samples that were on their way
 * go out one at a time, so that the next one has a culprit. As long as the broker takes nothing at all the samples are
 * not to blame: no second one is set aside before one was acknowledged.
 */
export class Suspicion {
  #suspect: string | undefined;
  #hangUps = 0;
  #isSpent = false;
  /** The last sample that goes out alone. */
  #lastAlone: string | undefined;

  /** How many samples may be in flight, where `normal` are otherwise. */
  window(normal: number): number {
    return this.#lastAlone === undefined ? normal : 1;
  }

  /** The broker takes samples, and this one is innocent. */
  acknowledged({ key }: Entry): void {
    this.#isSpent = false;
    if (this.#lastAlone !== undefined && key >= this.#lastAlone) this.#lastAlone = undefined;
  }

  /** The broker hung up while these were in flight, oldest first; returns the one to set aside. */
  hungUp(inFlight: readonly Entry[]): Entry | undefined {
    const [oldest] = inFlight;
    const newest = inFlight.at(-1);
    if (!oldest || !newest) return undefined;
    this.#hangUps = oldest.key === this.#suspect ? this.#hangUps + 1 : 1;
    this.#suspect = oldest.key;
    if (this.#lastAlone === undefined || newest.key > this.#lastAlone) this.#lastAlone = newest.key;
    return this.#hangUps >= HANG_UPS && !this.#isSpent ? oldest : undefined;
  }

  /** The one that was returned is out of the way. */
  setAside(): void {
    this.#isSpent = true;
  }
}
