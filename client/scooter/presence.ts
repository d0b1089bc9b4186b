/** Time without an advertisement after which the scooter was absent. One that is on advertises several times a second. */
const ABSENCE_MS = 2_500;

/** Tracks whether the scooter was absent, from its advertisements and its reactions to connection attempts. */
export class Presence {
  #advertisedMs = -Infinity;
  #reactedMs = -Infinity;

  /** Whether it has advertised in the last seconds. */
  get isAdvertising(): boolean {
    return performance.now() - this.#advertisedMs < ABSENCE_MS;
  }

  /** The scooter has advertised. @returns whether it was absent before. */
  advertised(): boolean {
    const nowMs = performance.now();
    const wasAbsent = nowMs - Math.max(this.#advertisedMs, this.#reactedMs) >= ABSENCE_MS;
    this.#advertisedMs = nowMs;
    return wasAbsent;
  }

  /** The scooter has reacted to a connection attempt. */
  reacted(): void {
    this.#reactedMs = performance.now();
  }

  /** Whether it has advertised since a time. */
  hasAdvertisedSince(ms: number): boolean {
    return this.#advertisedMs >= ms;
  }
}
