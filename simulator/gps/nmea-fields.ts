import type { MeasuredPosition } from './measured-position.ts';

export const KMH_PER_KNOT = 1.852;
/** Resolution: a millionth of an arc minute, 1.9 mm. */
const MINUTE_DECIMALS = 6;
/** Resolution of degrees with decimals: 1.1 mm. */
const DEGREE_DECIMALS = 8;
const UNITS_PER_DEGREE = 60 * 10 ** MINUTE_DECIMALS;

/** Latitude and longitude as `ddmm.mmmmmm,N,dddmm.mmmmmm,E`. */
export function positionFields({ latitude, longitude }: MeasuredPosition): string {
  return `${angleFields(latitude, 2, 'N', 'S')},${angleFields(longitude, 3, 'E', 'W')}`;
}

/** Latitude and longitude as `dd.dddddddd,N,ddd.dddddddd,E`, without sign. */
export function degreeFields({ latitude, longitude }: MeasuredPosition): string {
  const [lat, lon] = [latitude, longitude].map((degrees) => Math.abs(degrees).toFixed(DEGREE_DECIMALS));
  return `${lat},${latitude < 0 ? 'S' : 'N'},${lon},${longitude < 0 ? 'W' : 'E'}`;
}

/** A number with decimals; empty if it is not known. @param unit its size in the unit of `value` */
export function decimal(value: number | undefined, decimals: number, unit = 1): string {
  return value === undefined ? '' : (value / unit).toFixed(decimals);
}

/** A course below 360 degrees; empty if it is not known. */
export function courseField(courseDeg: number | undefined, decimals: number): string {
  return courseDeg === undefined ? '' : decimal(Number(courseDeg.toFixed(decimals)) % 360, decimals);
}

export function twoDigits(value: number): string {
  return value < 10 ? `0${value}` : String(value);
}

/** Date as `ddmmyy` in UTC. */
export function dateField(time: Date): string {
  const year = time.getUTCFullYear() % 100;
  return twoDigits(time.getUTCDate()) + twoDigits(time.getUTCMonth() + 1) + twoDigits(year);
}

/** Time as `hhmmss.ss` in UTC. */
export function timeField(time: Date): string {
  const wholeSeconds =
    twoDigits(time.getUTCHours()) + twoDigits(time.getUTCMinutes()) + twoDigits(time.getUTCSeconds());
  return `${wholeSeconds}.${twoDigits(Math.floor(time.getUTCMilliseconds() / 10))}`;
}

/** An angle as `ddmm.mmmmmm`, followed by the letter of its hemisphere. */
function angleFields(degrees: number, degreeDigits: number, positive: string, negative: string): string {
  // Rounds before splitting, so that the minutes are never 60.
  const units = Math.round(Math.abs(degrees) * 60 * 10 ** MINUTE_DECIMALS);
  const whole = String(Math.floor(units / UNITS_PER_DEGREE)).padStart(degreeDigits, '0');
  const minutes = ((units % UNITS_PER_DEGREE) / 10 ** MINUTE_DECIMALS).toFixed(MINUTE_DECIMALS);
  return `${whole}${minutes.padStart(3 + MINUTE_DECIMALS, '0')},${degrees < 0 ? negative : positive}`;
}
