/** Parameters of {@link BurstLoss}; shares from 0 to 1. */
export interface BurstLossParameters {
  /** Mean duration of the good state, and of the bad one: a burst. */
  readonly goodMs: number;
  readonly badMs: number;
  /** Share of packets that are lost in each state. */
  readonly lossInGood: number;
  readonly lossInBad: number;
}

/**
 * Loss of packets in bursts, as by fading and by interference: a channel with two states, each with a loss of its own
 * (E. N. Gilbert, "Capacity of a burst-noise channel", 1960; E. O. Elliott, "Estimates of error rates for codes on
 * burst-noise channels", 1963), here in continuous time: the durations of both states are exponentially distributed. It
 * draws the state when a packet is sent, and needs no timer.
 */
export class BurstLoss {
  readonly #parameters: BurstLossParameters;
  readonly #random: () => number;
  #atMs: number;
  #isBad = false;

  /** Starts in the good state. @param random draws a number from 0 (inclusive) to 1 (exclusive) */
  constructor(parameters: BurstLossParameters, random: () => number, nowMs: number) {
    this.#parameters = parameters;
    this.#random = random;
    this.#atMs = nowMs;
  }

  /** Draws whether a packet that is sent now is lost. @param nowMs no earlier than in the previous call */
  losesPacket(nowMs: number): boolean {
    const { goodMs, badMs, lossInGood, lossInBad } = this.#parameters;
    const shareOfBad = badMs / (goodMs + badMs);
    // What the channel remembers of its earlier state; the chance of the bad one tends to its share of the time.
    const memory = Math.exp(-(nowMs - this.#atMs) * (1 / goodMs + 1 / badMs));
    this.#isBad = this.#random() < shareOfBad + ((this.#isBad ? 1 : 0) - shareOfBad) * memory;
    this.#atMs = nowMs;
    return this.#random() < (this.#isBad ? lossInBad : lossInGood);
  }
}
