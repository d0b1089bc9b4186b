/** Maximum age of a fix that still counts as the position of the scooter. */
export const MAX_FIX_AGE_MS = 3_000;

/**
 * Position that a receiver has determined from satellites, and what it has measured with it. Only latitude and longitude
 * are always known.
 */
export interface Fix {
  /** Degrees, north positive. */
  readonly latitude: number;
  /** Degrees, east positive. */
  readonly longitude: number;
  /** Metres above mean sea level; null for a fix in two dimensions. */
  readonly altitudeM: number | null;
  /** Over ground, never negative. */
  readonly speedKmh: number | null;
  /** From true north, 0 ≤ course < 360; null if the receiver moves too slowly to determine it. */
  readonly courseDeg: number | null;
  /** UTC of the measurement, from the satellites; null if the receiver does not know the date. */
  readonly time: Date | null;
  /** `performance.now()` when the position was received; monotonic, so that its age survives clock changes. */
  readonly receivedAtMs: number;
}
