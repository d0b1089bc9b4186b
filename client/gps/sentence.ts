import { GPS, type GGA, type NMEA, type RMC } from 'gps';

/** A sentence that can be part of a fix. */
export type FixSentence = RMC | GGA;

const TIME = /^([01]\d|2[0-3])[0-5]\d[0-5]\d(\.\d+)?$/;
/** `ddmmyy`; the parser takes years from 73 on for the last century, where a receiver without time begins. */
const DATE = /^(0[1-9]|[12]\d|3[01])(0[1-9]|1[0-2])([0-6]\d|7[0-2])$/;
const LATITUDE = /^([0-8]\d[0-5]\d(\.\d+)?|9000(\.0+)?)$/;
const LONGITUDE = /^((0\d\d|1[0-7]\d)[0-5]\d(\.\d+)?|18000(\.0+)?)$/;
const NORTH_SOUTH = /^[NS]$/;
const EAST_WEST = /^[EW]$/;
const SPEED_KNOTS = /^\d{1,3}(\.\d*)?$/;
const COURSE = /^(([0-2]?\d?\d|3[0-5]\d)(\.\d*)?|360(\.0*)?)?$/;
const ALTITUDE_M = /^-?\d{1,5}(\.\d*)?$/;

/**
 * What the fields of a sentence with a fix look like, by their place in NMEA 0183. The parser behind takes parts of
 * numbers for numbers, overflowing dates for dates and a missing hemisphere for any, so all are demanded here.
 */
const DEMANDED: Record<FixSentence['type'], readonly (readonly [field: number, pattern: RegExp])[]> = {
  RMC: [
    [1, TIME],
    [2, /^A$/],
    [3, LATITUDE],
    [4, NORTH_SOUTH],
    [5, LONGITUDE],
    [6, EAST_WEST],
    [7, SPEED_KNOTS],
    [8, COURSE],
    [9, DATE],
    // The mode that NMEA 2.3 added: N is "not valid", whatever the status says.
    [12, /^[^N]?$/],
  ],
  GGA: [
    [1, TIME],
    [2, LATITUDE],
    [3, NORTH_SOUTH],
    [4, LONGITUDE],
    [5, EAST_WEST],
    [6, /^[1-8]$/],
    [9, ALTITUDE_M],
    [10, /^M$/],
  ],
};

/** Talker, type and printable fields, up to a checksum. */
const WELL_FORMED = /^\$[A-Z]{2}(RMC|GGA),[\x20-\x23\x25-\x29\x2b-\x7e]*\*[0-9A-Fa-f]{2}$/;

/**
 * An RMC or GGA sentence that tells of a fix, from `$` to checksum; undefined for any other line: of another type,
 * damaged, without a fix, or impossible.
 */
export function parseFixSentence(line: string): FixSentence | undefined {
  const type = line.slice('$GP'.length, '$GPRMC'.length);
  if ((type !== 'RMC' && type !== 'GGA') || !WELL_FORMED.test(line)) return undefined;
  const fields = line.slice(0, line.indexOf('*')).split(',');
  if (!DEMANDED[type].every(([field, pattern]) => pattern.test(fields[field] ?? ''))) return undefined;
  const parsed = parse(line);
  if (!parsed?.valid || (parsed.type !== 'RMC' && parsed.type !== 'GGA')) return undefined;
  // Receivers that know nothing yet fill in zeros, some of them with a status that claims a fix.
  if (parsed.lat === 0 && parsed.lon === 0) return undefined;
  // 31 February would silently have become 3 March.
  if (parsed.type === 'RMC' && parsed.time?.getUTCDate() !== Number(fields[9]?.slice(0, 2))) return undefined;
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
