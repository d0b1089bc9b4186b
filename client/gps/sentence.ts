import { GPS, type GGA, type NMEA, type RMC } from 'gps';
import { ALTITUDE_M, COURSE, DATE, inARow, PLACE, SPEED, TIME } from './fields.ts';

/** A sentence that can be part of a fix. */
export type FixSentence = RMC | GGA;

/** Printable characters, but for those that end a field or a sentence. */
const ANY = /[\x20-\x23\x25-\x29\x2b\x2d-\x7e]*/;
/** Behind it comes the mode that NMEA 2.3 added: N is "not valid", whatever the status says. */
const ANY_BEFORE_MODE = new RegExp(`${ANY.source}(?!,N[,*])`);

/** A sentence from talker to checksum that begins with these fields. */
function sentenceWith(type: FixSentence['type'], fields: readonly RegExp[]): RegExp {
  return new RegExp(`^\\$[A-Z]{2}${type},${inARow(fields)}(?:,${ANY.source})*\\*[0-9A-Fa-f]{2}$`);
}

/** A sentence of any type, up to its checksum: those of a maker's own have another name. */
const SENTENCE = /^\$[A-Z][A-Z0-9]{2,},[\x20-\x23\x25-\x29\x2b-\x7e]*\*[0-9A-Fa-f]{2}$/;

/**
 * What sentences with a fix look like. The parser behind takes parts of numbers for numbers, overflowing dates for dates
 * and a missing hemisphere for any, so all is demanded here. The one group is the day of the month.
 */
const DEMANDED: Readonly<Record<FixSentence['type'], RegExp>> = {
  RMC: sentenceWith('RMC', [TIME, /A/, ...PLACE, SPEED, COURSE, DATE, ANY, ANY_BEFORE_MODE]),
  GGA: sentenceWith('GGA', [TIME, ...PLACE, /[1-8]/, ANY, ANY, ALTITUDE_M, /M/]),
};

/**
 * An RMC or GGA sentence that tells of a fix, from `$` to checksum; undefined for any other line: of another type,
 * damaged, without a fix, or impossible.
 */
export function parseFixSentence(line: string): FixSentence | undefined {
  const type = line.slice('$GP'.length, '$GPRMC'.length);
  if (type !== 'RMC' && type !== 'GGA') return undefined;
  const demanded = DEMANDED[type].exec(line);
  const parsed = demanded && parse(line);
  if (!parsed?.valid || (parsed.type !== 'RMC' && parsed.type !== 'GGA')) return undefined;
  // Receivers that know nothing yet fill in zeros, some of them with a status that claims a fix.
  if (parsed.lat === 0 && parsed.lon === 0) return undefined;
  // 31 February would silently have become 3 March.
  if (parsed.type === 'RMC' && parsed.time?.getUTCDate() !== Number(demanded?.[1])) return undefined;
  return parsed;
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
