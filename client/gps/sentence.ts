import { GPS, type GGA, type NMEA, type RMC } from 'gps';
import { ALTITUDE_M, COURSE, DATE, commaSeparated, POSITION, SPEED, TIME } from './fields.ts';
import type { Fix } from './fix.ts';

/** What RMC tells of a fix. */
export interface Rmc extends Pick<Fix, 'latitude' | 'longitude' | 'speedKmh' | 'courseDeg' | 'time'> {
  readonly type: 'RMC';
}

/** What GGA tells of a fix. */
export interface Gga extends Pick<Fix, 'latitude' | 'longitude' | 'altitudeM'> {
  readonly type: 'GGA';
  /** Has no date of its own: the parser gives it the computer's. */
  readonly time: Date;
}

/** A sentence that can be part of a fix. */
export type FixSentence = Rmc | Gga;

/** Printable characters, but for those that end a field or a sentence. */
const ANY_FIELD = /[\x20-\x23\x25-\x29\x2b\x2d-\x7e]*/;
/** Behind it comes the mode that NMEA 2.3 added: N is "not valid", whatever the status says. */
const ANY_FIELD_BEFORE_MODE = new RegExp(`${ANY_FIELD.source}(?!,N[,*])`);

/** A sentence from talker to checksum that begins with these fields. */
function sentencePattern(type: FixSentence['type'], fields: readonly RegExp[]): RegExp {
  return new RegExp(
    `^\\$[A-Z]{2}${type},${commaSeparated(fields)}(?:,${ANY_FIELD.source})*\\*[0-9A-Fa-f]{2}$`,
  );
}

/** A sentence of any type, up to its checksum: those of a maker's own have another name. */
const SENTENCE = /^\$[A-Z][A-Z0-9]{2,},[\x20-\x23\x25-\x29\x2b-\x7e]*\*[0-9A-Fa-f]{2}$/;

/**
 * What sentences with a fix look like. The parser behind takes parts of numbers for numbers, overflowing dates for dates
 * and a missing hemisphere for any, so all is demanded here. The one group is the day of the month.
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
 * An RMC or GGA sentence that tells of a fix, from `$` to checksum; undefined for any other line: of another type,
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

/** @param day of the month, as the sentence has it: 31 February would silently have become 3 March. */
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

/** Receivers that know nothing yet fill in zeros, some of them with a status that claims a fix. */
function isZeroPosition(latitude: number, longitude: number): boolean {
  return latitude === 0 && longitude === 0;
}

/** The parser throws at what it does not know, such as a number of fields. */
function parse(line: string): NMEA | undefined {
  try {
    return GPS.Parse(line) || undefined;
  } catch {
    return undefined;
  }
}

/** Whether a line is a sentence of whatever type, and undamaged. */
export function isSentence(line: string): boolean {
  if (!SENTENCE.test(line)) return false;
  const checksumStart = line.length - 2;
  let checksum = 0;
  for (let at = 1; at < checksumStart - 1; at++) checksum ^= line.charCodeAt(at);
  return checksum === parseInt(line.slice(checksumStart), 16);
}
