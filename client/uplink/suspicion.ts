import type { Entry } from '../outbox/entry.ts';

/** Hang-ups on one and the same sample before it is set aside. */
const HANG_UPS = 3;

/**
 * Finds the sample on which the broker hangs up, where there is one. After a hang-up samples go out one at a time, so
 * that the next one has a culprit. As long as the broker takes nothing at all the samples are not to blame: no second
 * one is set aside before one was acknowledged.
 */
export class Suspicion {
  #suspect: string | undefined;
  #hangUps = 0;
  #isSpent = false;

  /** How many samples may be in flight, where `normal` are otherwise. */
  window(normal: number): number {
    return this.#suspect === undefined ? normal : 1;
  }

  /** A sample was acknowledged: the broker is in order. */
  clear(): void {
    this.#suspect = undefined;
    this.#hangUps = 0;
    this.#isSpent = false;
  }

  /** The broker hung up while these were in flight, oldest first; returns the one to set aside. */
  hungUp(inFlight: readonly Entry[]): Entry | undefined {
    const [oldest] = inFlight;
    if (!oldest) return undefined;
    const again = oldest.key === this.#suspect && inFlight.length === 1;
    this.#hangUps = again ? this.#hangUps + 1 : 1;
    this.#suspect = oldest.key;
    if (this.#hangUps < HANG_UPS || this.#isSpent) return undefined;
    this.#isSpent = true;
    this.#hangUps = 0;
    return oldest;
  }
}
