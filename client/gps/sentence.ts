import { GPS, type GGA, type NMEA, type RMC } from 'gps';
import { ALTITUDE_M, COURSE, DATE, commaSeparated, POSITION, SPEED, TIME } from './fields.ts';
import type { Fix } from './fix.ts';

/** The part of a fix that RMC contains. */
export interface Rmc extends Pick<Fix, 'latitude' | 'longitude' | 'speedKmh' | 'courseDeg' | 'time'> {
  readonly type: 'RMC';
}

/** The part of a fix that GGA contains. */
export interface Gga extends Pick<Fix, 'latitude' | 'longitude' | 'altitudeM'> {
  readonly type: 'GGA';
  /** Time of day only: GGA has no date, and the parser adds the computer's. */
  readonly time: Date;
}

/** A sentence that is part of a fix. */
export type FixSentence = Rmc | Gga;

/** Printable characters except those that end a field or a sentence. */
const ANY_FIELD = /[\x20-\x23\x25-\x29\x2b\x2d-\x7e]*/;
/** A field not followed by the mode N of NMEA 2.3, which means "not valid" whatever the status. */
const ANY_FIELD_BEFORE_MODE = new RegExp(`${ANY_FIELD.source}(?!,N[,*])`);

/** Returns the pattern of a sentence, from `$` to checksum, that begins with the given fields. */
function sentencePattern(type: FixSentence['type'], fields: readonly RegExp[]): RegExp {
  return new RegExp(
    `^\\$[A-Z]{2}${type},${commaSeparated(fields)}(?:,${ANY_FIELD.source})*\\*[0-9A-Fa-f]{2}$`,
  );
}

/** A sentence of any type from `$` to checksum, proprietary ones included. */
const SENTENCE = /^\$[A-Z][A-Z0-9]{2,},[\x20-\x23\x25-\x29\x2b-\x7e]*\*[0-9A-Fa-f]{2}$/;

/**
 * Patterns of sentences with a fix. They are strict because the parser accepts partial numbers, overflowing dates and
 * missing hemispheres. The only group is the day of the month.
 */
const PATTERNS: Readonly<Record<FixSentence['type'], RegExp>> = {
  RMC: sentencePattern('RMC', [
    TIME,
    /A/,
    ...POSITION,
    SPEED,
    COURSE,
    DATE,
    ANY_FIELD,
    ANY_FIELD_BEFORE_MODE,
  ]),
  GGA: sentencePattern('GGA', [TIME, ...POSITION, /[1-8]/, ANY_FIELD, ANY_FIELD, ALTITUDE_M, /M/]),
};

/**
 * Parses an RMC or GGA sentence with a fix, from `$` to checksum; undefined for any other line, including one that is
 * damaged, without a fix, or impossible.
 */
export function parseFixSentence(line: string): FixSentence | undefined {
  const type = line.slice('$GP'.length, '$GPRMC'.length);
  if (type !== 'RMC' && type !== 'GGA') return undefined;
  const match = PATTERNS[type].exec(line);
  const parsed = match && parse(line);
  if (!parsed?.valid) return undefined;
  if (parsed.type === 'RMC') return fromRmc(parsed, Number(match?.[1]));
  return parsed.type === 'GGA' ? fromGga(parsed) : undefined;
}

/** @param day of the month in the sentence; the parser silently turns 31 February into 3 March. */
function fromRmc({ time, lat, lon, speed, track }: RMC, day: number): Rmc | undefined {
  if (time?.getUTCDate() !== day || lat === null || lon === null || speed === null) return undefined;
  if (isZeroPosition(lat, lon)) return undefined;
  const courseDeg = track === null ? null : track % 360;
  return { type: 'RMC', time, latitude: lat, longitude: lon, speedKmh: speed, courseDeg };
}

function fromGga({ time, lat, lon, alt }: GGA): Gga | undefined {
  if (time === null || lat === null || lon === null || alt === null || isZeroPosition(lat, lon))
    return undefined;
  return { type: 'GGA', time, latitude: lat, longitude: lon, altitudeM: alt };
}

/** Whether a position is all zeros, as some receivers without a fix report, even with a status that claims one. */
function isZeroPosition(latitude: number, longitude: number): boolean {
  return latitude === 0 && longitude === 0;
}

/** Parses a sentence; the parser throws at, for example, an unknown number of fields. */
function parse(line: string): NMEA | undefined {
  try {
    return GPS.Parse(line) || undefined;
  } catch {
    return undefined;
  }
}

/** Whether a line is a sentence of any type with a correct checksum. */
export function isSentence(line: string): boolean {
  if (!SENTENCE.test(line)) return false;
  const checksumStart = line.length - 2;
  let checksum = 0;
  for (let at = 1; at < checksumStart - 1; at++) checksum ^= line.charCodeAt(at);
  return checksum === parseInt(line.slice(checksumStart), 16);
}
