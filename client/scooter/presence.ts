/** Time without an advertisement after which the scooter was absent. One that is on advertises several times a second. */
const ABSENCE_MS = 2_500;

/** Tracks whether the scooter was absent, from its advertisements and the outcomes of connection attempts. */
export class Presence {
  #lastHeardMs = -Infinity;

  /** The scooter has just reacted to a connection attempt. */
  present(): void {
    this.#lastHeardMs = performance.now();
  }

  /** The scooter was heard. @returns whether it was absent before. */
  heard(): boolean {
    const nowMs = performance.now();
    const wasAbsent = nowMs - this.#lastHeardMs >= ABSENCE_MS;
    this.#lastHeardMs = nowMs;
    return wasAbsent;
  }
}
