import { GPS, type NMEA } from 'gps';
import { ALTITUDE_M, COURSE, DATE, degrees, inARow, PLACE, SPEED, TIME, timeOfDayMs } from './fields.ts';
import type { Fix } from './fix.ts';

/** What an RMC sentence says of a measurement. */
export type Whereabouts = Pick<Fix, 'latitude' | 'longitude' | 'speedKmh' | 'courseDeg' | 'time'>;

/** What a GGA sentence says of one: the height, and of what. */
export interface Height extends Pick<Fix, 'latitude' | 'longitude' | 'altitudeM'> {
  /** Since midnight in UTC. */
  readonly timeOfDayMs: number;
}

/** Printable characters, but for those that end a field or a sentence. */
const ANY = /[\x20-\x23\x25-\x29\x2b\x2d-\x7e]*/;
/** Behind it comes the mode that NMEA 2.3 added: N is "not valid", whatever the status says. */
const ANY_BEFORE_MODE = new RegExp(`${ANY.source}(?!,N[,*])`);

/** A sentence from talker to checksum that begins with these fields. */
function sentenceWith(type: string, fields: readonly RegExp[]): RegExp {
  return new RegExp(`^\\$[A-Z]{2}${type},${inARow(fields)}(?:,${ANY.source})*\\*[0-9A-Fa-f]{2}$`);
}

/** A sentence of any type, up to its checksum: those of a maker's own have another name. */
const SENTENCE = /^\$[A-Z][A-Z0-9]{2,},[\x20-\x23\x25-\x29\x2b-\x7e]*\*[0-9A-Fa-f]{2}$/;

/**
 * What an RMC with a fix looks like. The parser behind takes parts of numbers for numbers, overflowing dates for dates
 * and a missing hemisphere for any, so all is demanded here. The one group is the day of the month.
 */
const RMC = sentenceWith('RMC', [TIME, /A/, ...PLACE, SPEED, COURSE, DATE, ANY, ANY_BEFORE_MODE]);
const GGA = sentenceWith('GGA', [TIME, ...PLACE, /[1-8]/, ANY, ANY, ALTITUDE_M, /M/]);

/**
 * Reads an RMC sentence that tells of a fix, from `$` to checksum; undefined for any other line: of another type,
 * damaged, without a fix, or impossible.
 */
export function parseRmc(line: string): Whereabouts | undefined {
  const demanded = RMC.exec(line);
  const parsed = demanded && parse(line);
  if (!parsed?.valid || parsed.type !== 'RMC') return undefined;
  const { time, lat, lon, speed, track } = parsed;
  if (time === null || lat === null || lon === null || speed === null || isNowhere(lat, lon)) {
    return undefined;
  }
  // 31 February would silently have become 3 March.
  if (time.getUTCDate() !== Number(demanded?.[1])) return undefined;
  return {
    latitude: lat,
    longitude: lon,
    speedKmh: speed,
    courseDeg: track === null ? null : track % 360,
    time,
  };
}

/** Reads a GGA sentence likewise. All but the height is in the RMC as well, so that it takes no parser. */
export function parseGga(line: string): Height | undefined {
  if (!GGA.test(line) || !isSentence(line)) return undefined;
  const [, time = '', lat = '', ns = '', lon = '', ew = '', , , , altitude] = line.split(',');
  const latitude = degrees(lat, ns);
  const longitude = degrees(lon, ew);
  if (isNowhere(latitude, longitude)) return undefined;
  return { latitude, longitude, altitudeM: Number(altitude), timeOfDayMs: timeOfDayMs(time) };
}

/** Receivers that know nothing yet fill in zeros, some of them with a status that claims a fix. */
function isNowhere(latitude: number, longitude: number): boolean {
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
  const checksumAt = line.length - 2;
  let checksum = 0;
  for (let at = 1; at < checksumAt - 1; at++) checksum ^= line.charCodeAt(at);
  return checksum === parseInt(line.slice(checksumAt), 16);
}
