import type { MeasuredPosition } from './measured-position.ts';
import type { Measurement } from './modem-families.ts';
import {
  courseField,
  dateField,
  decimal,
  KMH_PER_KNOT,
  positionFields,
  timeField,
  twoDigits,
} from './nmea-fields.ts';

/** Talker identifier: `GP` for GPS only, `GN` for several satellite systems. */
export type Talker = 'GP' | 'GN';

/** Numbers of the satellites in use, for GSA. */
const SATELLITES = ['02', '05', '07', '13', '15', '18', '20', '29', '30'];
const SATELLITE_COUNT = twoDigits(SATELLITES.length);
/** Number of satellite fields in GSA. */
const SATELLITE_FIELDS = 12;
const PDOP = '1.6';
const HDOP = '0.9';
const VDOP = '1.3';
/** Height of the geoid above the ellipsoid, in metres; typical of Galicia. */
export const GEOID_SEPARATION_M = 54.6;

/** GSA is constant with a fix in three dimensions, in two, and without one. */
const GSA_FIX = gsaFields('3', SATELLITES, [PDOP, HDOP, VDOP]);
const GSA_FLAT_FIX = gsaFields('2', SATELLITES.slice(0, 3), [PDOP, HDOP, VDOP]);
const GSA_NO_FIX = gsaFields('1', [], ['', '', '']);

function gsaFields(
  mode: '1' | '2' | '3',
  satellites: readonly string[],
  dilutions: readonly string[],
): string {
  const listed = Array.from({ length: SATELLITE_FIELDS }, (_, i) => satellites[i] ?? '');
  return ['A', mode, ...listed, ...dilutions].join(',');
}

/** Status of a measurement in the sentences: the FAA mode indicator, and the quality of GGA (NMEA 0183, version 2.3). */
interface Status {
  readonly isValid: boolean;
  readonly mode: 'A' | 'E' | 'N' | '';
  /** Mode of GNS, which has one in any version. */
  readonly gnsMode: 'A' | 'E' | 'N';
  readonly quality: 0 | 1 | 6;
}

const STATUS = {
  fix: { isValid: true, mode: 'A', gnsMode: 'A', quality: 1 },
  estimated: { isValid: true, mode: 'E', gnsMode: 'E', quality: 6 },
  lastKnown: { isValid: false, mode: 'N', gnsMode: 'N', quality: 0 },
} as const satisfies Readonly<Record<string, Status>>;

/** Fields of a sentence after its address, with a position and without one. */
interface Writer {
  readonly fix: (position: MeasuredPosition, time: Date, status: Status) => string;
  readonly noFix: (time: Date, mode: string) => string;
  /** What it tells of a measurement besides the time of day. */
  readonly tells: readonly ('position' | 'altitude' | 'speed' | 'date')[];
}

const WRITERS = {
  RMC: {
    fix: (position, time, { isValid, mode }) =>
      `${timeField(time)},${isValid ? 'A' : 'V'},${positionFields(position)},${knots(position)},${course(position)},${dateField(time)},,${mode && `,${mode}`}`,
    noFix: (time, mode) => `${timeField(time)},V,,,,,,,${dateField(time)},,${mode && `,${mode}`}`,
    tells: ['position', 'speed', 'date'],
  },
  GGA: {
    // The last two fields are for differential corrections, which are not simulated.
    fix: (position, time, { quality }) =>
      `${timeField(time)},${positionFields(position)},${quality},${SATELLITE_COUNT},${HDOP},${height(position)},M,${GEOID_SEPARATION_M},M,,`,
    noFix: (time) => `${timeField(time)},,,,,0,00,,,M,,M,,`,
    tells: ['position', 'altitude'],
  },
  GSA: { fix: ({ isFlat }) => (isFlat ? GSA_FLAT_FIX : GSA_FIX), noFix: () => GSA_NO_FIX, tells: [] },
  GNS: {
    // One mode for each of GPS and GLONASS.
    fix: (position, time, { gnsMode }) =>
      `${timeField(time)},${positionFields(position)},${gnsMode.repeat(2)},${SATELLITE_COUNT},${HDOP},${height(position)},${GEOID_SEPARATION_M},,`,
    noFix: (time) => `${timeField(time)},,,,,NN,00,,,,,`,
    tells: ['position', 'altitude'],
  },
  GLL: {
    fix: (position, time, { isValid, mode }) =>
      `${positionFields(position)},${timeField(time)},${isValid ? 'A' : 'V'}${mode && `,${mode}`}`,
    noFix: (time, mode) => `,,,,${timeField(time)},V${mode && `,${mode}`}`,
    tells: ['position'],
  },
  VTG: {
    fix: (position, _time, { mode }) =>
      `${course(position)},T,,M,${knots(position)},N,${decimal(position.speedKmh, 3)},K${mode && `,${mode}`}`,
    noFix: (_time, mode) => `,T,,M,,N,,K${mode && `,${mode}`}`,
    tells: ['speed'],
  },
  ZDA: { fix: (_position, time) => zdaFields(time), noFix: (time) => zdaFields(time), tells: ['date'] },
} as const satisfies Readonly<Record<string, Writer>>;

export type SentenceType = keyof typeof WRITERS;

export const SENTENCE_TYPES = Object.keys(WRITERS) as readonly SentenceType[];

/** Sentences of a receiver with the settings of most makers, reduced to those about position, time and fix. */
export const DEFAULT_SENTENCES: readonly SentenceType[] = ['RMC', 'GGA', 'GSA'];

/** Whether a sentence tells something of a measurement besides the time of day. */
export function tells(type: SentenceType, what: Writer['tells'][number]): boolean {
  const writer: Writer = WRITERS[type];
  return writer.tells.includes(what);
}

/** Whether a sentence tells anything besides the time of day and the satellites. */
export function tellsAnything(type: SentenceType): boolean {
  return WRITERS[type].tells.length > 0;
}

/**
 * Encodes a measurement as NMEA 0183 sentences, each with checksum and CRLF. Without a position: RMC status V, GGA quality
 * 0, GSA mode 1, empty fields, and the current time. An estimated position has mode E and quality 6, the last known one status V, mode N and quality 0.
 * @param time UTC of the measurement, with a resolution of 10 ms
 * @param hasModes whether RMC, GLL and VTG have a mode, since NMEA 2.3
 */
export function nmeaSentences(
  { position, time, isEstimated, isOnlyInGga, isLastKnown }: Measurement,
  talker: Talker = 'GN',
  types: readonly SentenceType[] = DEFAULT_SENTENCES,
  hasModes = true,
): string[] {
  const known: Status = isLastKnown ? STATUS.lastKnown : isEstimated ? STATUS.estimated : STATUS.fix;
  const status = isOnlyInGga || !hasModes ? { ...known, mode: '' as const } : known;
  return types.map((type) => {
    const writer: Writer = WRITERS[type];
    const fields = position ? writer.fix(position, time, status) : writer.noFix(time, hasModes ? 'N' : '');
    return sentence(`${talker}${type},${fields}`);
  });
}

function knots({ speedKmh }: MeasuredPosition): string {
  return decimal(speedKmh, 3, KMH_PER_KNOT);
}

function course({ courseDeg }: MeasuredPosition): string {
  return courseField(courseDeg, 2);
}

function height({ altitudeM }: MeasuredPosition): string {
  return decimal(altitudeM, 1);
}

function zdaFields(time: Date): string {
  const [day, month] = [time.getUTCDate(), time.getUTCMonth() + 1].map(twoDigits);
  return `${timeField(time)},${day},${month},${time.getUTCFullYear()},00,00`;
}

/** Adds `$`, checksum and CRLF to the body of a sentence. The checksum is the XOR of its ASCII characters. */
export function sentence(body: string): string {
  let checksum = 0;
  for (let at = 0; at < body.length; at++) checksum ^= body.charCodeAt(at);
  return `$${body}*${checksum.toString(16).toUpperCase().padStart(2, '0')}\r\n`;
}
