import {
  ALTITUDE_M,
  COURSE,
  DATE,
  parseDegrees,
  commaSeparated,
  parseUtc,
  POSITION,
  SPEED,
  TIME,
} from './fields.ts';
import type { Fix } from './fix.ts';

/** Kilometres per hour in each unit of speed that firmwares are known to report. */
const KMH_PER = { knots: 1.852, kmh: 1 } as const;

/** Unit of speed in a response: knots by SIMCom's manual, but not in every firmware. */
export type SpeedUnit = keyof typeof KMH_PER;

/** Latest measurement of a receiver. */
export type Measurement = Omit<Fix, 'receivedAtMs'>;

/** Some firmwares omit the space. */
const PREFIX = /^\+CGPSINFO: ?/;
const NO_FIX = new RegExp(`${PREFIX.source},{8}$`);
/**
 * Digits of latitude and longitude. A response has no checksum, so a lost digit must show in its format: the SIM7600
 * writes minutes with six decimals, related modems with four.
 */
const MINUTES = /(?=\d{4}\.(?:\d\d){2,3},.,\d{5}\.(?:\d\d){2,3},)/;
const FIX = new RegExp(
  `${PREFIX.source}${MINUTES.source}${commaSeparated([...POSITION, DATE, TIME, ALTITUDE_M, SPEED, COURSE])}$`,
);

/**
 * Parses a response to `AT+CGPSINFO` without its line end, in the format of the SIM7500/SIM7600 AT command manual:
 * `+CGPSINFO: <lat>,<N/S>,<lon>,<E/W>,<ddmmyy>,<UTC>,<altitude m>,<speed>,<course>`.
 * @returns null if the receiver has no fix, undefined if the line is no such response, damaged or impossible
 */
export function parseCgpsInfo(line: string, speedUnit: SpeedUnit): Measurement | null | undefined {
  if (NO_FIX.test(line)) return null;
  if (!FIX.test(line)) return undefined;
  const [lat = '', ns = '', lon = '', ew = '', date = '', utc = '', altitude, speed, course] = line
    .replace(PREFIX, '')
    .split(',');
  const latitude = parseDegrees(lat, ns);
  const longitude = parseDegrees(lon, ew);
  // A receiver without a fix may fill the fields with zeros.
  if (latitude === 0 && longitude === 0) return null;
  const time = parseUtc(date, utc);
  return (
    time && {
      latitude,
      longitude,
      altitudeM: Number(altitude),
      speedKmh: Number(speed) * KMH_PER[speedUnit],
      courseDeg: course ? Number(course) % 360 : null,
      time,
    }
  );
}
