/*
 * Field formats of a measurement in NMEA 0183, which SIMCom's modems use as well. Each pattern matches a whole field.
 */

/** `hhmmss` with or without decimals, in UTC. */
export const TIME = /(?:[01]\d|2[0-3])[0-5]\d[0-5]\d(?:\.\d+)?/;
/** `ddmmyy` of the years 2000 to 2072: a receiver without time reports 1980. The only group is the day. */
export const DATE = /(0[1-9]|[12]\d|3[01])(?:0[1-9]|1[0-2])(?:[0-6]\d|7[0-2])/;
const LATITUDE = /[0-8]\d[0-5]\d(?:\.\d+)?|9000(?:\.0+)?/;
const LONGITUDE = /(?:0\d\d|1[0-7]\d)[0-5]\d(?:\.\d+)?|18000(?:\.0+)?/;
/** `ddmm.mmmm`, N or S, `dddmm.mmmm`, E or W. */
export const POSITION = [LATITUDE, /[NS]/, LONGITUDE, /[EW]/];
export const SPEED = /\d{1,3}(?:\.\d*)?/;
/** Degrees up to and including 360; empty if the receiver moves too slowly to determine it. */
export const COURSE = /(?:(?:[0-2]?\d?\d|3[0-5]\d)(?:\.\d*)?|360(?:\.0*)?)?/;
export const ALTITUDE_M = /-?\d{1,5}(?:\.\d*)?/;

/** Joins field patterns with commas; returns the source of a pattern. */
export function commaSeparated(fields: readonly RegExp[]): string {
  return fields.map(({ source }) => `(?:${source})`).join(',');
}

/** Parses two fields of `POSITION` as degrees, north and east positive. */
export function parseDegrees(angle: string, hemisphere: string): number {
  const isLatitude = hemisphere === 'N' || hemisphere === 'S';
  const minutesStart = isLatitude ? 'dd'.length : 'ddd'.length;
  const value = Number(angle.slice(0, minutesStart)) + Number(angle.slice(minutesStart)) / 60;
  return hemisphere === 'S' || hemisphere === 'W' ? -value : value;
}

/** Parses a `DATE` and a `TIME` to the millisecond; undefined if the month has no such day. */
export function parseUtc(date: string, time: string): Date | undefined {
  const day = date.replace(/(..)(..)(..)/, '20$3-$2-$1');
  const at = new Date(`${day}T${time.replace(/(..)(..)(.+)/, '$1:$2:$3')}Z`);
  // 31 February would silently become 2 March.
  return at.getUTCDate() === Number(date.slice(0, 2)) ? at : undefined;
}
