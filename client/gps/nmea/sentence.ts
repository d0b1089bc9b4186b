import {
  dateOf,
  parseCoordinates,
  parseCourse,
  parseDate,
  parseNumber,
  parseTimeOfDay,
  parseUnsigned,
  type Coordinates,
} from './fields.ts';

const KMH_PER_KNOT = 1.852;

/**
 * What a sentence says about its position: determined from satellites, not determined ("void"), or determined otherwise,
 * such as estimated by dead reckoning, entered by hand, or simulated.
 */
export type Status = 'valid' | 'void' | 'other';

/** What one sentence tells of a measurement. Fields that are missing, odd or impossible are undefined. */
export interface Sentence {
  readonly type: SentenceType;
  /** Milliseconds since midnight. */
  readonly timeOfDayMs?: number | undefined;
  /** Midnight of the date, in milliseconds since 1970. */
  readonly dateMs?: number | undefined;
  /** Undefined for a sentence without a position. */
  readonly status?: Status;
  readonly coordinates?: Coordinates | undefined;
  readonly altitudeM?: number | undefined;
  readonly speedKmh?: number | undefined;
  readonly courseDeg?: number | undefined;
  /** Number of satellites used. */
  readonly satellites?: number | undefined;
}

/** Types of the sentences that are read: those with a position, and those with what belongs to one. */
export type SentenceType = 'RMC' | 'GGA' | 'GNS' | 'GLL' | 'VTG' | 'ZDA';

/** FAA mode indicator (NMEA 2.3): estimated, manual, simulated. */
const OTHER_MODE = /^[EMS]/;
/** Quality 6 is estimated, 7 manual, 8 simulated; 9 is a NovAtel's with SBAS. */
const QUALITY: Readonly<Record<string, Status | undefined>> = {
  ...{ 1: 'valid', 2: 'valid', 3: 'valid', 4: 'valid', 5: 'valid', 9: 'valid' },
  ...{ 6: 'other', 7: 'other', 8: 'other' },
};

/** The sentences of NMEA 0183 that are read. Field 0 is the address; further fields than these may follow. */
const PARSERS: Readonly<Record<SentenceType, (fields: readonly string[]) => Sentence>> = {
  RMC: (f) => ({
    type: 'RMC',
    timeOfDayMs: parseTimeOfDay(f[1]),
    status: statusOf(f[2], f[12]),
    coordinates: parseCoordinates(f[3], f[4], f[5], f[6]),
    speedKmh: parseKnots(f[7]),
    courseDeg: parseCourse(f[8]),
    dateMs: parseDate(f[9]),
  }),
  GGA: (f) => ({
    type: 'GGA',
    timeOfDayMs: parseTimeOfDay(f[1]),
    coordinates: parseCoordinates(f[2], f[3], f[4], f[5]),
    status: QUALITY[f[6] ?? ''] ?? 'void',
    satellites: parseUnsigned(f[7]),
    altitudeM: f[10] === 'M' ? parseNumber(f[9]) : undefined,
  }),
  GNS: (f) => ({
    type: 'GNS',
    timeOfDayMs: parseTimeOfDay(f[1]),
    coordinates: parseCoordinates(f[2], f[3], f[4], f[5]),
    status: statusOfModes(f[6]),
    satellites: parseUnsigned(f[7]),
    altitudeM: parseNumber(f[9]),
  }),
  GLL: (f) => ({
    type: 'GLL',
    coordinates: parseCoordinates(f[1], f[2], f[3], f[4]),
    timeOfDayMs: parseTimeOfDay(f[5]),
    status: statusOf(f[6], f[7]),
  }),
  VTG: (f) => ({
    type: 'VTG',
    courseDeg: f[2] === 'T' ? parseCourse(f[1]) : undefined,
    speedKmh: f[6] === 'N' ? parseKnots(f[5]) : undefined,
  }),
  ZDA: (f) => ({
    type: 'ZDA',
    timeOfDayMs: parseTimeOfDay(f[1]),
    dateMs: dateOf(Number(f[4]), Number(f[3]), Number(f[2])),
  }),
};

/** The types of the sentences that are read. */
export const SENTENCE_TYPES = Object.keys(PARSERS) as readonly SentenceType[];

/** `$`, talker, and the type of a sentence that is read. */
const ADDRESS = new RegExp(`^\\$[A-Z][A-Z0-9](${SENTENCE_TYPES.join('|')}),`);
/** A sentence of any type from `$` to checksum, proprietary ones included. */
const ANY_SENTENCE = /^\$[A-Z][A-Z0-9]{2,},[\x20-\x23\x25-\x29\x2b-\x7e]*\*[0-9A-Fa-f]{2} *$/;

/** Whether a line has the form of a sentence of any type; its checksum may be wrong. */
export function isSentence(line: string): boolean {
  return ANY_SENTENCE.test(line);
}

/** Whether the checksum of a sentence is right: the XOR of the characters between `$` and `*`. */
export function hasValidChecksum(sentence: string): boolean {
  const end = sentence.lastIndexOf('*');
  let checksum = 0;
  for (let at = 1; at < end; at++) checksum ^= sentence.charCodeAt(at);
  return checksum === parseInt(sentence.slice(end + 1), 16);
}

/** Parses a sentence with a valid checksum; undefined for types that are not read. */
export function parseSentence(sentence: string): Sentence | undefined {
  const type = ADDRESS.exec(sentence)?.[1] as SentenceType | undefined;
  return type && PARSERS[type](sentence.slice(0, sentence.lastIndexOf('*')).split(','));
}

/** The status A, or D of some receivers with differential corrections, unless the mode says otherwise. */
function statusOf(status = '', mode = ''): Status {
  if (OTHER_MODE.test(mode)) return 'other';
  return (status === 'A' || status === 'D') && mode !== 'N' ? 'valid' : 'void';
}

/** Each satellite system has a mode of its own. */
function statusOfModes(modes = ''): Status {
  if (/[^NEMS]/.test(modes)) return 'valid';
  return /[EMS]/.test(modes) ? 'other' : 'void';
}

function parseKnots(field?: string): number | undefined {
  const knots = parseUnsigned(field);
  return knots === undefined ? undefined : knots * KMH_PER_KNOT;
}
