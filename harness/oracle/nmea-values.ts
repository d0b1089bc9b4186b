/** The GPS began in 1980: earlier years of two digits belong to the next century. */
const FIRST_YEAR = 1980;

/** A coordinate: the letters of its hemispheres, and its greatest value in degrees. */
export interface Axis {
  readonly positive: string;
  readonly negative: string;
  readonly limit: number;
}

/** Reads a decimal number; null if it is none. */
export function numberIn(text = ''): number | null {
  return /^-?\d+(\.\d*)?$/.test(text) ? Number(text) : null;
}

/** Reads degrees and minutes, such as 4322.2459 for 43° 22.2459′. */
export function degrees(text = '', hemisphere = '', { positive, negative, limit }: Axis): number | null {
  const [, whole, minutes] = /^(\d{1,3})(\d\d(?:\.\d*)?)$/.exec(text) ?? [];
  if (whole === undefined || Number(minutes) >= 60) return null;
  const value = Number(whole) + Number(minutes) / 60;
  if (value > limit) return null;
  if (hemisphere === positive) return value;
  return hemisphere === negative ? -value : null;
}

/** Reads hhmmss and a fraction. A leap second is second 60. */
export function timeOfDay(text = ''): number | null {
  const [, hours, minutes, seconds, fraction = ''] = /^(\d\d)(\d\d)(\d\d)(?:\.(\d*))?$/.exec(text) ?? [];
  if (hours === undefined || Number(hours) > 23 || Number(minutes) > 59 || Number(seconds) > 60) return null;
  const wholeSeconds = (Number(hours) * 60 + Number(minutes)) * 60 + Number(seconds);
  return wholeSeconds * 1000 + Number(fraction.padEnd(3, '0').slice(0, 3));
}

/** Reads ddmmyy. */
export function midnight(text = ''): number | null {
  const [, day, month, year] = /^(\d\d)(\d\d)(\d\d)$/.exec(text) ?? [];
  if (day === undefined) return null;
  const century = Number(year) + 1900 < FIRST_YEAR ? 2000 : 1900;
  const date = new Date(Date.UTC(century + Number(year), Number(month) - 1, Number(day)));
  const isValid = date.getUTCDate() === Number(day) && date.getUTCMonth() === Number(month) - 1;
  return isValid ? date.getTime() : null;
}
