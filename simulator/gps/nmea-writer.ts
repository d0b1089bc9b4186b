import type { Position } from '../ride/ride.ts';

/** Satellite systems that a sentence may speak for: `GP` GPS alone, `GN` several together. */
export type Talker = 'GP' | 'GN';

const KMH_PER_KNOT = 1.852;
/** A millionth of a minute of arc is 1.9 mm. */
const MINUTE_DECIMALS = 6;
/** Satellites that the receiver claims to use: their numbers, as GSA lists them. */
const SATELLITES = ['02', '05', '07', '13', '15', '18', '20', '29', '30'];
/** GSA has room for this many. */
const SATELLITE_FIELDS = 12;
const PDOP = '1.6';
const HDOP = '0.9';
const VDOP = '1.3';
/** How far sea level lies above the ellipsoid, in metres; about right for Galicia. */
const GEOID_SEPARATION_M = '54.6';

/**
 * What an NMEA 0183 receiver says once per measurement: RMC, GGA and GSA, each with checksum and CRLF.
 * Without a position: RMC status V, GGA quality 0, GSA mode 1, and empty fields, while the time goes on.
 * @param time UTC of the measurement; hundredths of a second are kept
 */
export function nmeaSentences(position: Position | undefined, time: Date, talker: Talker = 'GN'): string[] {
  const [date, timeOfDay] = utcFields(time);
  const place = position ? placeFields(position) : ['', '', '', ''];
  const satellites = position ? SATELLITES : [];
  const listed = Array.from({ length: SATELLITE_FIELDS }, (_, i) => satellites[i] ?? '');
  const count = String(satellites.length).padStart(2, '0');
  const bodies = position
    ? [
        ['RMC', timeOfDay, 'A', ...place, ...movementFields(position), date, '', '', 'A'],
        // The last two fields tell of a differential correction that this receiver has not.
        ['GGA', timeOfDay, ...place, '1', count, HDOP, ...heightFields(position), '', ''],
        ['GSA', 'A', '3', ...listed, PDOP, HDOP, VDOP],
      ]
    : [
        ['RMC', timeOfDay, 'V', ...place, '', '', date, '', '', 'N'],
        ['GGA', timeOfDay, ...place, '0', count, '', '', 'M', '', 'M', '', ''],
        ['GSA', 'A', '1', ...listed, '', '', ''],
      ];
  return bodies.map((fields) => sentence(talker + fields.join(',')));
}

/** Frames what stands between `$` and `*`: the checksum is the XOR of its characters. */
export function sentence(body: string): string {
  const checksum = Buffer.from(body, 'ascii').reduce((sum, byte) => sum ^ byte, 0);
  return `$${body}*${checksum.toString(16).toUpperCase().padStart(2, '0')}\r\n`;
}

/** `ddmmyy` and `hhmmss.ss` in UTC. */
function utcFields(time: Date): [date: string, timeOfDay: string] {
  const [day = '', clock = ''] = time.toISOString().split('T');
  const [year = '', month = '', dayOfMonth = ''] = day.split('-');
  return [dayOfMonth + month + year.slice(-2), clock.replaceAll(':', '').slice(0, 'hhmmss.ss'.length)];
}

/** `ddmm.mmmmmm`, with the letter of the hemisphere behind it. */
function angleFields(degrees: number, degreeDigits: number, letters: readonly [string, string]): string[] {
  // Rounded as a whole, so that the minutes never come out as 60.
  const units = Math.round(Math.abs(degrees) * 60 * 10 ** MINUTE_DECIMALS);
  const unitsPerDegree = 60 * 10 ** MINUTE_DECIMALS;
  const whole = String(Math.floor(units / unitsPerDegree)).padStart(degreeDigits, '0');
  const minutes = ((units % unitsPerDegree) / 10 ** MINUTE_DECIMALS).toFixed(MINUTE_DECIMALS);
  return [whole + minutes.padStart(3 + MINUTE_DECIMALS, '0'), letters[degrees < 0 ? 1 : 0]];
}

const placeFields = ({ latitude, longitude }: Position): string[] => [
  ...angleFields(latitude, 2, ['N', 'S']),
  ...angleFields(longitude, 3, ['E', 'W']),
];

const movementFields = ({ speedKmh, courseDeg }: Position): string[] => [
  (speedKmh / KMH_PER_KNOT).toFixed(3),
  (Number(courseDeg.toFixed(2)) % 360).toFixed(2),
];

const heightFields = ({ altitudeM }: Position): string[] => [
  altitudeM.toFixed(1),
  'M',
  GEOID_SEPARATION_M,
  'M',
];
