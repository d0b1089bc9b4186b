import type { EventOf } from '../world/trace/event.ts';
import { seconds } from './tally.ts';
import type { Fields } from './view/deliveries.ts';
import { countUntil } from './view/search.ts';

/** A fix older than this says nothing about where the scooter is (docs/topics.md). */
const FRESH_MS = 3_000;
/** What a measurement may take from the wire to the client. */
const UNDER_WAY_MS = 50;
/** Receivers tell hundredths of a second. */
const TIME_STEP_MS = 10;
/** Receivers and samples round: 0.0000002° is 2 cm. */
const ROUNDING_DEG = 2e-7;

/** The moment of an append, as well as it is known. */
export interface Moment {
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
type Mark = number | null;

/**
 * What is wrong with the position of a sample: it has to be the newest that the receiver had told when the sample was
 * made. Of those that came in that very moment each will do.
 * @param fixes what was measured, in order of time
 * @param none what stands for a position where there is none
 */
export function positionMismatch(
  gpsinfo: Fields,
  moment: Moment,
  fixes: readonly GpsFix[],
  none: Mark,
): Mismatch | undefined {
  const [newest, ...older] = candidates(moment, fixes);
  const mismatch = mismatchWith(newest, gpsinfo, moment, none);
  const fits = !mismatch || older.some((fix) => !mismatchWith(fix, gpsinfo, moment, none));
  return fits ? undefined : mismatch;
}

/** What may have been the newest fix at the append, newest first; undefined where there was none yet. */
function candidates({ lifeBeganMs, fromMs, toMs }: Moment, fixes: readonly GpsFix[]): (GpsFix | undefined)[] {
  const found: GpsFix[] = [];
  for (let index = countUntil(fixes, toMs, ({ atMs }) => atMs) - 1; index >= 0; index--) {
    const fix = fixes[index];
    if (!fix || fix.atMs < lifeBeganMs) break;
    if (!fix.heard || fix.latitude === undefined) continue;
    found.push(fix);
    if (fix.atMs < fromMs - UNDER_WAY_MS) return found;
  }
  return [...found, undefined];
}

function mismatchWith(
  fix: GpsFix | undefined,
  gpsinfo: Fields,
  moment: Moment,
  none: Mark,
): Mismatch | undefined {
  const { age_sec: ageS, time, fix: isFresh } = gpsinfo;
  if (!fix) {
    const nothing = { age_sec: null, time: null, fix: false, latitude: none, longitude: none };
    return firstDifference(nothing, gpsinfo);
  }
  if (typeof time !== 'string' || !(Math.abs(Date.parse(time) - Date.parse(fix.time)) < TIME_STEP_MS)) {
    return { path: 'gpsinfo.time', expected: fix.time, published: text(time) };
  }
  const leastMs = moment.fromMs - fix.atMs - UNDER_WAY_MS;
  const mostMs = moment.toMs - fix.atMs + UNDER_WAY_MS;
  if (typeof ageS !== 'number' || ageS * 1000 < leastMs || ageS * 1000 > mostMs) {
    const expected = seconds(moment.toMs - fix.atMs);
    return { path: 'gpsinfo.age_sec', expected, published: text(ageS) };
  }
  // An age is told to the millisecond: on the very edge it may have been rounded over it.
  const edge = Math.abs(ageS * 1000 - FRESH_MS) < 1;
  if (!edge && isFresh !== ageS * 1000 <= FRESH_MS) {
    return {
      path: 'gpsinfo.fix',
      expected: String(!isFresh),
      published: `${text(isFresh)} at ${text(ageS)} s`,
    };
  }
  if (isFresh !== true) return firstDifference({ latitude: none, longitude: none }, gpsinfo);
  return distant('latitude', fix.latitude, gpsinfo) ?? distant('longitude', fix.longitude, gpsinfo);
}

function firstDifference(expected: Fields, published: Fields): Mismatch | undefined {
  const found = Object.entries(expected).find(([name, value]) => published[name] !== value);
  return (
    found && { path: `gpsinfo.${found[0]}`, expected: text(found[1]), published: text(published[found[0]]) }
  );
}

function distant(name: string, degrees: number | undefined, gpsinfo: Fields): Mismatch | undefined {
  const published = gpsinfo[name];
  const fits = typeof published === 'number' && Math.abs(published - (degrees ?? NaN)) <= ROUNDING_DEG;
  return fits ? undefined : { path: `gpsinfo.${name}`, expected: text(degrees), published: text(published) };
}

/** A value as a violation shows it. */
export function text(value: unknown): string {
  return value === undefined ? 'nothing' : JSON.stringify(value);
}
