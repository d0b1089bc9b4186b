/*
 * The fields in which receivers tell a measurement, as NMEA 0183 writes them; SIMCom's modems write them alike. Each
 * pattern is one of a whole field.
 */

/** `hhmmss` with or without decimals, in UTC. */
export const TIME = /(?:[01]\d|2[0-3])[0-5]\d[0-5]\d(?:\.\d+)?/;
/** `ddmmyy` of the years 2000 to 2072: a receiver without time begins in 1980. The one group is the day. */
export const DATE = /(0[1-9]|[12]\d|3[01])(?:0[1-9]|1[0-2])(?:[0-6]\d|7[0-2])/;
const LATITUDE = /[0-8]\d[0-5]\d(?:\.\d+)?|9000(?:\.0+)?/;
const LONGITUDE = /(?:0\d\d|1[0-7]\d)[0-5]\d(?:\.\d+)?|18000(?:\.0+)?/;
/** `ddmm.mmmm`, N or S, `dddmm.mmmm`, E or W. */
export const POSITION = [LATITUDE, /[NS]/, LONGITUDE, /[EW]/];
export const SPEED = /\d{1,3}(?:\.\d*)?/;
/** Degrees, 360 among them; empty where the receiver is too slow to know. */
export const COURSE = /(?:(?:[0-2]?\d?\d|3[0-5]\d)(?:\.\d*)?|360(?:\.0*)?)?/;
export const ALTITUDE_M = /-?\d{1,5}(?:\.\d*)?/;

/** The source of a pattern of fields that follow each other, with a comma between them. */
export function commaSeparated(fields: readonly RegExp[]): string {
  return fields.map(({ source }) => `(?:${source})`).join(',');
}

/** Degrees, north and east positive, of two fields of `POSITION`. */
export function parseDegrees(angle: string, hemisphere: string): number {
  const isLatitude = hemisphere === 'N' || hemisphere === 'S';
  const minutesStart = isLatitude ? 'dd'.length : 'ddd'.length;
  const value = Number(angle.slice(0, minutesStart)) + Number(angle.slice(minutesStart)) / 60;
  return hemisphere === 'S' || hemisphere === 'W' ? -value : value;
}

/** The moment of a `DATE` and a `TIME`, to the millisecond; undefined where the month has no such day. */
export function parseUtc(date: string, time: string): Date | undefined {
  const day = date.replace(/(..)(..)(..)/, '20$3-$2-$1');
  const at = new Date(`${day}T${time.replace(/(..)(..)(.+)/, '$1:$2:$3')}Z`);
  // 31 February would silently have become 2 March.
  return at.getUTCDate() === Number(date.slice(0, 2)) ? at : undefined;
}
