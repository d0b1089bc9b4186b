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

/** Kilometres per hour in each unit of speed that firmwares are known to tell. */
const KMH_PER = { knots: 1.852, kmh: 1 } as const;

/** The unit of speed in an answer: SIMCom's manual says knots, not every firmware keeps to it. */
export type SpeedUnit = keyof typeof KMH_PER;

/** What a receiver says of its newest measurement. */
export type Measurement = Omit<Fix, 'receivedAtMs'>;

/** Some firmwares leave out the space. */
const PREFIX = /^\+CGPSINFO: ?/;
const NO_FIX = new RegExp(`${PREFIX.source},{8}$`);
/**
 * Nothing but its form protects an answer on its way. SIM7600 write minutes with six decimals and their siblings with
 * four, so a digit that was lost shows.
 */
const MINUTES = /(?=\d{4}\.(?:\d\d){2,3},.,\d{5}\.(?:\d\d){2,3},)/;
const FIX = new RegExp(
  `${PREFIX.source}${MINUTES.source}${commaSeparated([...POSITION, DATE, TIME, ALTITUDE_M, SPEED, COURSE])}$`,
);

/**
 * Reads an answer to `AT+CGPSINFO` without its line end, as the SIM7500/SIM7600 AT command manual has it:
 * `+CGPSINFO: <lat>,<N/S>,<lon>,<E/W>,<ddmmyy>,<UTC>,<altitude m>,<speed>,<course>`.
 * @returns null where the receiver has no fix, undefined where the line is no such answer, damaged or impossible
 */
export function parseCgpsInfo(line: string, speedUnit: SpeedUnit): Measurement | null | undefined {
  if (NO_FIX.test(line)) return null;
  if (!FIX.test(line)) return undefined;
  const [lat = '', ns = '', lon = '', ew = '', date = '', utc = '', altitude, speed, course] = line
    .replace(PREFIX, '')
    .split(',');
  const latitude = parseDegrees(lat, ns);
  const longitude = parseDegrees(lon, ew);
  // Zeros stand for what it does not know yet.
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
