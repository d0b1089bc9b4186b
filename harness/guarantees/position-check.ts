import type { EventOf } from '../world/trace/event.ts';
import type { GpsOptions } from '../scenario/format/scenario.ts';
import type { Rule } from './guarantee.ts';
import { formatSeconds } from './tally.ts';
import type { Fields } from './view/deliveries.ts';
import { countUntil } from './view/search.ts';

/** The position of an older fix is not published (docs/topics.md). */
const MAX_FIX_AGE_MS = 3_000;
/** Time that a fix may take from the wire to the client. */
const IN_FLIGHT_MS = 50;
/** Time that the sentences of a measurement may take: those of the slowest receiver take less than its interval. */
const MAX_SENDING_MS = 1_000;
/** NMEA times have hundredths of a second. */
const TIME_RESOLUTION_MS = 10;
/** Receivers and samples round: 0.0000002° is 2 cm. */
const ROUNDING_DEG = 2e-7;
/** Some modems have fewer decimals: AT+CGNSINF has six, AT+QGPSLOC=2 has five. */
const COARSE_DEG: Readonly<Record<string, number>> = { sim7070: 6e-7, quectel: 6e-6 };
/** Receivers round to a tenth of a metre or knot, which is 0.19 km/h. */
const ROUNDING = 0.1;

/** What is checked of a position. */
export const POSITION_RULES: readonly Rule[] = [
  {
    checks: 'Position, altitude and speed in gpsinfo',
    bound:
      `those of the newest fix that the process has received, ± ${ROUNDING_DEG.toFixed(7)}° (± ${COARSE_DEG['sim7070']?.toFixed(7)}° from a SIM7070, ± ${COARSE_DEG['quectel']?.toFixed(6)}° from a modem of Quectel), ± ${ROUNDING} m and km/h; ` +
      `the placeholder if the fix is older than ${formatSeconds(MAX_FIX_AGE_MS)}, or without one`,
    excuses: [],
  },
  {
    checks: 'Age and time of the fix in gpsinfo',
    bound:
      `those of that fix since its first sentence, ± ${formatSeconds(IN_FLIGHT_MS)}, and ± ` +
      `${formatSeconds(TIME_RESOLUTION_MS)} or null if no date was sent with a position since the port was opened`,
    excuses: [],
  },
];

/** The span in which a sample was appended. */
export interface AppendWindow {
  /** Start of the client process, which has received no earlier fix. */
  readonly processBeganMs: number;
  readonly fromMs: number;
  readonly toMs: number;
}

/** A published value that is not as expected. */
export interface Mismatch {
  readonly path: string;
  readonly expected: string;
  readonly published: string;
}

type GpsFix = EventOf<'gps.fix'>;
type Placeholder = number | null;

/** How a position is published. */
export interface PositionForm {
  /** Value of what is not known of the position. */
  readonly placeholder: Placeholder;
  /** Greatest difference by rounding. */
  readonly resolutionDeg: number;
}

/** The greatest difference by rounding of a receiver. */
export function resolutionDeg({ receiver }: GpsOptions): number {
  return COARSE_DEG[receiver ?? ''] ?? ROUNDING_DEG;
}

/**
 * Compares the position of a sample with the newest fix at the time of the append. If several fixes arrived at that time,
 * each of them is accepted.
 * @param fixes all fixes in order of time
 */
export function positionMismatch(
  gpsinfo: Fields,
  window: AppendWindow,
  fixes: readonly GpsFix[],
  form: PositionForm,
): Mismatch | undefined {
  const [newest, ...older] = candidates(window, fixes);
  const mismatch = mismatchWith(newest, gpsinfo, window, form);
  const fits = !mismatch || older.some((fix) => !mismatchWith(fix, gpsinfo, window, form));
  return fits ? undefined : mismatch;
}

/** Fixes that may have been the newest one at the append, newest first; undefined stands for no fix yet. */
function candidates(
  { processBeganMs, fromMs, toMs }: AppendWindow,
  fixes: readonly GpsFix[],
): (GpsFix | undefined)[] {
  const found: GpsFix[] = [];
  // A fix of which the client cannot tell when it is over may be known before its last sentence, and after the next one.
  let next: GpsFix | undefined;
  for (let index = countUntil(fixes, toMs + MAX_SENDING_MS, ({ atMs }) => atMs) - 1; index >= 0; index--) {
    const fix = fixes[index];
    if (!fix || fix.atMs < processBeganMs) break;
    if (!fix.heard) continue;
    const knownByMs = fix.ended === false ? (next?.atMs ?? Infinity) : fix.atMs;
    next = fix;
    if (fix.latitude === undefined) continue;
    if (fix.atMs - (fix.ended === false ? (fix.ageMs ?? 0) : 0) > toMs) continue;
    found.push(fix);
    if (knownByMs < fromMs - IN_FLIGHT_MS) return found;
  }
  return [...found, undefined];
}

function mismatchWith(
  fix: GpsFix | undefined,
  gpsinfo: Fields,
  window: AppendWindow,
  { placeholder, resolutionDeg: withinDeg }: PositionForm,
): Mismatch | undefined {
  const { age_sec: ageS, time, fix: isFresh } = gpsinfo;
  const noPosition = {
    latitude: placeholder,
    longitude: placeholder,
    altitude: placeholder,
    gps_speed: placeholder,
  };
  if (!fix) return firstDifference({ age_sec: null, time: null, fix: false, ...noPosition }, gpsinfo);
  if (!isTimeOf(fix, time)) {
    const expected = fix.dated === false ? `null or ${fix.time}` : fix.time;
    return { path: 'gpsinfo.time', expected, published: formatValue(time) };
  }
  const receivedMs = fix.atMs - (fix.ageMs ?? 0);
  const minAgeMs = window.fromMs - receivedMs - IN_FLIGHT_MS;
  const maxAgeMs = window.toMs - receivedMs + IN_FLIGHT_MS;
  if (typeof ageS !== 'number' || ageS * 1000 < minAgeMs || ageS * 1000 > maxAgeMs) {
    const expected = formatSeconds(window.toMs - receivedMs);
    return { path: 'gpsinfo.age_sec', expected, published: formatValue(ageS) };
  }
  // The age is rounded to milliseconds, possibly across the limit.
  const isOnEdge = Math.abs(ageS * 1000 - MAX_FIX_AGE_MS) < 1;
  if (!isOnEdge && isFresh !== ageS * 1000 <= MAX_FIX_AGE_MS) {
    return {
      path: 'gpsinfo.fix',
      expected: String(!isFresh),
      published: `${formatValue(isFresh)} at ${formatValue(ageS)} s`,
    };
  }
  if (isFresh !== true) return firstDifference(noPosition, gpsinfo);
  return (
    coordinateMismatch('latitude', fix.latitude, gpsinfo, withinDeg) ??
    coordinateMismatch('longitude', fix.longitude, gpsinfo, withinDeg) ??
    measuredMismatch('altitude', fix.altitudeM ?? placeholder, gpsinfo) ??
    measuredMismatch('gps_speed', fix.speedKmh ?? placeholder, gpsinfo)
  );
}

/** Whether a published time is that of a fix, or missing if the receiver has sent no date. */
function isTimeOf({ time: expected, dated }: GpsFix, time: unknown): boolean {
  if (time === null) return dated === false;
  return typeof time === 'string' && Math.abs(Date.parse(time) - Date.parse(expected)) < TIME_RESOLUTION_MS;
}

function measuredMismatch(name: string, measured: number | null, gpsinfo: Fields): Mismatch | undefined {
  const published = gpsinfo[name];
  const isNear =
    typeof published === 'number' && measured !== null && Math.abs(published - measured) <= ROUNDING;
  return isNear || published === measured
    ? undefined
    : { path: `gpsinfo.${name}`, expected: formatValue(measured), published: formatValue(published) };
}

function firstDifference(expected: Fields, published: Fields): Mismatch | undefined {
  const found = Object.entries(expected).find(([name, value]) => published[name] !== value);
  return (
    found && {
      path: `gpsinfo.${found[0]}`,
      expected: formatValue(found[1]),
      published: formatValue(published[found[0]]),
    }
  );
}

function coordinateMismatch(
  name: string,
  degrees: number | undefined,
  gpsinfo: Fields,
  withinDeg: number,
): Mismatch | undefined {
  const published = gpsinfo[name];
  const fits = typeof published === 'number' && Math.abs(published - (degrees ?? NaN)) <= withinDeg;
  return fits
    ? undefined
    : { path: `gpsinfo.${name}`, expected: formatValue(degrees), published: formatValue(published) };
}

/** Formats a value for a violation. */
export function formatValue(value: unknown): string {
  return value === undefined ? 'nothing' : JSON.stringify(value);
}
