const DAY_MS = 86_400_000;

/** Combines times of day with dates, which only some sentences contain. */
export class UtcClock {
  /** The latest complete time, in milliseconds since 1970. */
  #latestMs: number | undefined;

  /**
   * Returns the time of a measurement.
   * @param timeOfDayMs since midnight
   * @param dateMs midnight of its date; if undefined, the date follows from that of the measurement before
   * @returns undefined before the first date
   */
  complete(timeOfDayMs: number | undefined, dateMs: number | undefined): Date | undefined {
    const dayMs = dateMs ?? this.#dayOf(timeOfDayMs);
    if (timeOfDayMs === undefined || dayMs === undefined) return undefined;
    this.#latestMs = dayMs + timeOfDayMs;
    return new Date(this.#latestMs);
  }

  /** Returns the date of a time of day close to the latest time, which may be on either side of midnight. */
  #dayOf(timeOfDayMs = 0): number | undefined {
    if (this.#latestMs === undefined) return undefined;
    return Math.round((this.#latestMs - timeOfDayMs) / DAY_MS) * DAY_MS;
  }
}
