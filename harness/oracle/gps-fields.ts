import { exactly, type Expected, type ExpectedFields } from './expected.ts';
import type { GpsFix } from './gps-fix.ts';

/** An older fix is not published as a position (docs/topics.md). */
const MAX_AGE_MS = 3_000;
/** Half of the last digit: coordinates have at most seven after the point; 1e-10 is for the arithmetic. */
const COORDINATE_TOLERANCE_DEG = 0.5e-7 + 1e-10;
/** Half of the last digit of the documents' sample, 4.2 m and 18.89 km/h; they do not say how these are rounded. */
const ALTITUDE_TOLERANCE_M = 0.05 + 1e-9;
const SPEED_TOLERANCE_KMH = 0.005 + 1e-9;

/** The newest fix, however old. */
export interface NewestFix {
  readonly fix: GpsFix;
  /** Age when the sample was taken, to the millisecond. */
  readonly ageMs: number;
}

/**
 * Tells what a sample publishes in `gpsinfo`.
 * @param newest undefined before the first fix
 * @param placeholder value of what is not known of the position: null on `<base>/live`, and with `nofix = "null"`
 */
export function gpsFields(newest: NewestFix | undefined, placeholder: 0 | null): ExpectedFields {
  const isFresh = newest !== undefined && newest.ageMs <= MAX_AGE_MS;
  const fresh = isFresh ? newest.fix : undefined;
  const near = (value: number | null | undefined, tolerance: number): Expected =>
    typeof value === 'number' ? { value, tolerance } : exactly(placeholder);
  return new Map([
    ['gpsinfo.latitude', near(fresh?.latitude, COORDINATE_TOLERANCE_DEG)],
    ['gpsinfo.longitude', near(fresh?.longitude, COORDINATE_TOLERANCE_DEG)],
    ['gpsinfo.altitude', near(fresh?.altitudeM, ALTITUDE_TOLERANCE_M)],
    ['gpsinfo.gps_speed', near(fresh?.speedKmh, SPEED_TOLERANCE_KMH)],
    ['gpsinfo.fix', exactly(isFresh)],
    ['gpsinfo.age_sec', exactly(newest ? newest.ageMs / 1000 : null)],
    ['gpsinfo.time', newest ? timeField(newest.fix) : exactly(null)],
  ]);
}

function timeField({ timeMs }: GpsFix): Expected {
  if (timeMs === 'unknown') return timeMs;
  return exactly(timeMs === null ? null : new Date(timeMs).toISOString());
}
