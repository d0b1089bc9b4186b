/** A fix older than this says nothing about where the scooter is. */
export const MAX_FIX_AGE_MS = 3_000;

/** Where the scooter is, as a receiver tells it in one measurement. */
export interface Fix {
  /** Degrees, north positive. */
  readonly latitude: number;
  /** Degrees, east positive. */
  readonly longitude: number;
  /** Metres above mean sea level. */
  readonly altitudeM: number;
  /** Over ground, never negative. */
  readonly speedKmh: number;
  /** From true north, 0 ≤ course < 360; null where the receiver is too slow to know. */
  readonly courseDeg: number | null;
  /** UTC of the measurement, by the satellites. */
  readonly time: Date;
  /** `performance.now()` when the fix was complete: its age is monotonic, whatever the clocks do. */
  readonly receivedAtMs: number;
}
