import type { EventOf } from '../world/trace/event.ts';
import { formatSeconds } from './tally.ts';
import type { Fields } from './view/deliveries.ts';
import { countUntil } from './view/search.ts';

/** A fix older than this says nothing about where the scooter is (docs/topics.md). */
const MAX_FIX_AGE_MS = 3_000;
/** What a measurement may take from the wire to the client. */
const IN_FLIGHT_MS = 50;
/** Receivers tell hundredths of a second. */
const TIME_RESOLUTION_MS = 10;
/** Receivers and samples round: 0.0000002° is 2 cm. */
const ROUNDING_DEG = 2e-7;

/** The moment of an append, as well as it is known. */
export interface AppendWindow {
  /** When the client that made it was started: it has heard nothing before. */
  readonly lifeBeganMs: number;
  readonly fromMs: number;
  readonly toMs: number;
}

/** What a sample says about its position, and what it should. */
export interface Mismatch {
  readonly path: string;
  readonly expected: string;
  readonly published: string;
}

type GpsFix = EventOf<'gps.fix'>;
type Placeholder = number | null;

/**
 * What is wrong with the position of a sample: it has to be the newest that the receiver had told when the sample was
 * made. Of those that came in that very moment each will do.
 * @param fixes what was measured, in order of time
 * @param placeholder what stands for a position where there is none
 */
export function positionMismatch(
  gpsinfo: Fields,
  window: AppendWindow,
  fixes: readonly GpsFix[],
  placeholder: Placeholder,
): Mismatch | undefined {
  const [newest, ...older] = candidates(window, fixes);
  const mismatch = mismatchWith(newest, gpsinfo, window, placeholder);
  const fits = !mismatch || older.some((fix) => !mismatchWith(fix, gpsinfo, window, placeholder));
  return fits ? undefined : mismatch;
}

/** What may have been the newest fix at the append, newest first; undefined where there was none yet. */
function candidates(
  { lifeBeganMs, fromMs, toMs }: AppendWindow,
  fixes: readonly GpsFix[],
): (GpsFix | undefined)[] {
  const found: GpsFix[] = [];
  for (let index = countUntil(fixes, toMs, ({ atMs }) => atMs) - 1; index >= 0; index--) {
    const fix = fixes[index];
    if (!fix || fix.atMs < lifeBeganMs) break;
    if (!fix.heard || fix.latitude === undefined) continue;
    found.push(fix);
    if (fix.atMs < fromMs - IN_FLIGHT_MS) return found;
  }
  return [...found, undefined];
}

function mismatchWith(
  fix: GpsFix | undefined,
  gpsinfo: Fields,
  window: AppendWindow,
  placeholder: Placeholder,
): Mismatch | undefined {
  const { age_sec: ageS, time, fix: isFresh } = gpsinfo;
  if (!fix) {
    const noPosition = {
      age_sec: null,
      time: null,
      fix: false,
      latitude: placeholder,
      longitude: placeholder,
    };
    return firstDifference(noPosition, gpsinfo);
  }
  if (typeof time !== 'string' || !(Math.abs(Date.parse(time) - Date.parse(fix.time)) < TIME_RESOLUTION_MS)) {
    return { path: 'gpsinfo.time', expected: fix.time, published: formatValue(time) };
  }
  const minAgeMs = window.fromMs - fix.atMs - IN_FLIGHT_MS;
  const maxAgeMs = window.toMs - fix.atMs + IN_FLIGHT_MS;
  if (typeof ageS !== 'number' || ageS * 1000 < minAgeMs || ageS * 1000 > maxAgeMs) {
    const expected = formatSeconds(window.toMs - fix.atMs);
    return { path: 'gpsinfo.age_sec', expected, published: formatValue(ageS) };
  }
  // An age is told to the millisecond: on the very edge it may have been rounded over it.
  const isOnEdge = Math.abs(ageS * 1000 - MAX_FIX_AGE_MS) < 1;
  if (!isOnEdge && isFresh !== ageS * 1000 <= MAX_FIX_AGE_MS) {
    return {
      path: 'gpsinfo.fix',
      expected: String(!isFresh),
      published: `${formatValue(isFresh)} at ${formatValue(ageS)} s`,
    };
  }
  if (isFresh !== true) return firstDifference({ latitude: placeholder, longitude: placeholder }, gpsinfo);
  return (
    coordinateMismatch('latitude', fix.latitude, gpsinfo) ??
    coordinateMismatch('longitude', fix.longitude, gpsinfo)
  );
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
): Mismatch | undefined {
  const published = gpsinfo[name];
  const fits = typeof published === 'number' && Math.abs(published - (degrees ?? NaN)) <= ROUNDING_DEG;
  return fits
    ? undefined
    : { path: `gpsinfo.${name}`, expected: formatValue(degrees), published: formatValue(published) };
}

/** A value as a violation shows it. */
export function formatValue(value: unknown): string {
  return value === undefined ? 'nothing' : JSON.stringify(value);
}
