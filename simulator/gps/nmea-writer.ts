import type { Position } from '../ride/ride.ts';
import type { Measurement } from './modem-families.ts';
import { dateField, KMH_PER_KNOT, positionFields, timeField, twoDigits } from './nmea-fields.ts';

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

/** GSA is constant with a fix, and without one. */
const GSA_FIX = gsaFields('3', SATELLITES, [PDOP, HDOP, VDOP]);
const GSA_NO_FIX = gsaFields('1', [], ['', '', '']);

function gsaFields(mode: '1' | '3', satellites: readonly string[], dilutions: readonly string[]): string {
  const listed = Array.from({ length: SATELLITE_FIELDS }, (_, i) => satellites[i] ?? '');
  return ['A', mode, ...listed, ...dilutions].join(',');
}

/** Status of a measurement in the sentences: the FAA mode indicator, and the quality of GGA (NMEA 0183, version 2.3). */
interface Status {
  readonly mode: 'A' | 'E' | '';
  readonly quality: 1 | 6;
}

/** Fields of a sentence after its address, with a position and without one. */
interface Writer {
  readonly fix: (position: Position, time: Date, status: Status) => string;
  readonly noFix: (time: Date) => string;
  /** What it tells of a measurement besides the time of day. */
  readonly tells: readonly ('position' | 'altitude' | 'speed' | 'date')[];
}

const WRITERS = {
  RMC: {
    fix: (position, time, { mode }) =>
      `${timeField(time)},A,${positionFields(position)},${knots(position)},${course(position)},${dateField(time)},,${mode && `,${mode}`}`,
    noFix: (time) => `${timeField(time)},V,,,,,,,${dateField(time)},,,N`,
    tells: ['position', 'speed', 'date'],
  },
  GGA: {
    // The last two fields are for differential corrections, which are not simulated.
    fix: (position, time, { quality }) =>
      `${timeField(time)},${positionFields(position)},${quality},${SATELLITE_COUNT},${HDOP},${height(position)},M,${GEOID_SEPARATION_M},M,,`,
    noFix: (time) => `${timeField(time)},,,,,0,00,,,M,,M,,`,
    tells: ['position', 'altitude'],
  },
  GSA: { fix: () => GSA_FIX, noFix: () => GSA_NO_FIX, tells: [] },
  GNS: {
    // One mode for each of GPS and GLONASS.
    fix: (position, time, { mode }) =>
      `${timeField(time)},${positionFields(position)},${(mode || 'E').repeat(2)},${SATELLITE_COUNT},${HDOP},${height(position)},${GEOID_SEPARATION_M},,`,
    noFix: (time) => `${timeField(time)},,,,,NN,00,,,,,`,
    tells: ['position', 'altitude'],
  },
  GLL: {
    fix: (position, time, { mode }) =>
      `${positionFields(position)},${timeField(time)},A${mode && `,${mode}`}`,
    noFix: (time) => `,,,,${timeField(time)},V,N`,
    tells: ['position'],
  },
  VTG: {
    fix: (position, _time, { mode }) =>
      `${course(position)},T,,M,${knots(position)},N,${position.speedKmh.toFixed(3)},K${mode && `,${mode}`}`,
    noFix: () => ',T,,M,,N,,K,N',
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
 * 0, GSA mode 1, empty fields, and the current time. An estimated position has mode E and quality 6.
 * @param time UTC of the measurement, with a resolution of 10 ms
 */
export function nmeaSentences(
  { position, time, isEstimated = false, isOnlyInGga = false }: Measurement,
  talker: Talker = 'GN',
  types: readonly SentenceType[] = DEFAULT_SENTENCES,
): string[] {
  const status: Status = isEstimated
    ? { mode: isOnlyInGga ? '' : 'E', quality: 6 }
    : { mode: 'A', quality: 1 };
  return types.map((type) => {
    const writer: Writer = WRITERS[type];
    const fields = position ? writer.fix(position, time, status) : writer.noFix(time);
    return sentence(`${talker}${type},${fields}`);
  });
}

function knots({ speedKmh }: Position): string {
  return (speedKmh / KMH_PER_KNOT).toFixed(3);
}

function course({ courseDeg }: Position): string {
  return (Number(courseDeg.toFixed(2)) % 360).toFixed(2);
}

function height({ altitudeM }: Position): string {
  return altitudeM.toFixed(1);
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
