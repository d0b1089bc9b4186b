/** Maximum age of a fix that still counts as the position of the scooter. */
export const MAX_FIX_AGE_MS = 3_000;

/** Position, speed and course of one GPS measurement. */
export interface Fix {
  /** Degrees, north positive. */
  readonly latitude: number;
  /** Degrees, east positive. */
  readonly longitude: number;
  /** Metres above mean sea level. */
  readonly altitudeM: number;
  /** Over ground, never negative. */
  readonly speedKmh: number;
  /** From true north, 0 ≤ course < 360; null if the receiver moves too slowly to determine it. */
  readonly courseDeg: number | null;
  /** UTC of the measurement, from the satellites. */
  readonly time: Date;
  /** `performance.now()` when the fix was complete; monotonic, so that its age survives clock changes. */
  readonly receivedAtMs: number;
}
