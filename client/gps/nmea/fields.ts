/*
 * Fields of NMEA 0183 sentences, which modems use as well. A field that is empty, odd or impossible is undefined, so that
 * it never invalidates the fields beside it.
 */

/** A receiver without time reports the year 1980, or its two digits. */
const YEARS = { min: 2000, max: 2072 } as const;
const TIME = /^([01]\d|2[0-3])([0-5]\d)([0-5]\d|60)(\.\d*)?$/;
const DATE = /^(\d\d)(\d\d)(\d\d)$/;
const NUMBER = /^[-+]?\d{1,6}(?:\.\d*)?$/;
const MINUTES_PER_DEGREE = 60;
/** Degrees and minutes, the latter with decimals. Some receivers omit leading zeros of the degrees. */
const ANGLE = /^(\d{1,3})(\d\d(?:\.\d*)?)$/;
const MAX_DEGREES = { N: 90, E: 180 } as const;

/** Latitude and longitude in degrees, north and east positive. */
export interface Coordinates {
  readonly latitude: number;
  readonly longitude: number;
}

/** Parses a number with or without decimals. */
export function parseNumber(field = ''): number | undefined {
  return NUMBER.test(field) ? Number(field) : undefined;
}

/** Parses a number that is not negative, such as a speed. */
export function parseUnsigned(field?: string): number | undefined {
  const value = parseNumber(field);
  return value !== undefined && value >= 0 ? value : undefined;
}

/** Parses a course: degrees from true north, 0 ≤ course < 360. */
export function parseCourse(field?: string): number | undefined {
  const value = parseUnsigned(field);
  return value !== undefined && value <= 360 ? value % 360 : undefined;
}

/** Parses `hhmmss`, with or without decimals, as milliseconds since midnight; the leap second 23:59:60 is midnight. */
export function parseTimeOfDay(field = ''): number | undefined {
  const match = TIME.exec(field);
  if (!match) return undefined;
  const [, hours, minutes, seconds, decimals = ''] = match;
  const wholeSeconds = (Number(hours) * 60 + Number(minutes)) * 60 + Number(seconds);
  return wholeSeconds * 1000 + Math.floor(Number(`0${decimals}`) * 1000);
}

/** Parses `ddmmyy` as milliseconds since 1970, at midnight; undefined if the month has no such day. */
export function parseDate(field = ''): number | undefined {
  const [, day, month, year] = DATE.exec(field) ?? [];
  return dateOf(YEARS.min + Number(year), Number(month), Number(day));
}

/** Whether a receiver that knows the time may report this year. */
export function isPossibleYear(year: number): boolean {
  return year >= YEARS.min && year <= YEARS.max;
}

/** Returns a date of the years 2000 to 2072 as milliseconds since 1970; undefined if there is no such day. */
export function dateOf(year: number, month: number, day: number): number | undefined {
  if (!isPossibleYear(year)) return undefined;
  const date = new Date(Date.UTC(year, month - 1, day));
  // 31 February would silently become 2 March.
  return date.getUTCMonth() === month - 1 && date.getUTCDate() === day ? date.getTime() : undefined;
}

/** Parses the four fields `ddmm.mmmm`, N or S, `dddmm.mmmm`, E or W. */
export function parseCoordinates(lat = '', ns = '', lon = '', ew = ''): Coordinates | undefined {
  const latitude = parseAngle(lat, ns, 'N', 'S');
  const longitude = parseAngle(lon, ew, 'E', 'W');
  return checkedCoordinates(latitude, longitude);
}

/** Returns coordinates that exist; undefined for zeros, which receivers without a fix report. */
export function checkedCoordinates(latitude = NaN, longitude = NaN): Coordinates | undefined {
  const exist = Math.abs(latitude) <= MAX_DEGREES.N && Math.abs(longitude) <= MAX_DEGREES.E;
  return exist && (latitude !== 0 || longitude !== 0) ? { latitude, longitude } : undefined;
}

function parseAngle(
  field: string,
  hemisphere: string,
  positive: 'N' | 'E',
  negative: string,
): number | undefined {
  const [, degrees, minutes] = ANGLE.exec(field) ?? [];
  if (hemisphere !== positive && hemisphere !== negative) return undefined;
  if (!(Number(minutes) < MINUTES_PER_DEGREE)) return undefined;
  const value = Number(degrees) + Number(minutes) / MINUTES_PER_DEGREE;
  return hemisphere === negative ? -value : value;
}
