import type { Position } from '../ride/ride.ts';
import { dateField, KMH_PER_KNOT, positionFields, timeField, twoDigits } from './nmea-fields.ts';

/** Talker identifier: `GP` for GPS only, `GN` for several satellite systems. */
export type Talker = 'GP' | 'GN';

/** Numbers of the satellites in use, for GSA. */
const SATELLITES = ['02', '05', '07', '13', '15', '18', '20', '29', '30'];
/** Number of satellite fields in GSA. */
const SATELLITE_FIELDS = 12;
const PDOP = '1.6';
const HDOP = '0.9';
const VDOP = '1.3';
/** Height of the geoid above the ellipsoid, in metres; typical of Galicia. */
const GEOID_SEPARATION_M = '54.6';

/** GSA is constant with a fix, and without one. */
const GSA_FIX = gsaByTalker('3', SATELLITES, [PDOP, HDOP, VDOP]);
const GSA_NO_FIX = gsaByTalker('1', [], ['', '', '']);

function gsaByTalker(
  mode: '1' | '3',
  satellites: readonly string[],
  dilutions: readonly string[],
): Readonly<Record<Talker, string>> {
  const listed = Array.from({ length: SATELLITE_FIELDS }, (_, i) => satellites[i] ?? '');
  const body = ['GSA', 'A', mode, ...listed, ...dilutions].join(',');
  return { GP: sentence(`GP${body}`), GN: sentence(`GN${body}`) };
}

/**
 * Encodes a measurement as the NMEA 0183 sentences RMC, GGA and GSA, each with checksum and CRLF. Without a position:
 * RMC status V, GGA quality 0, GSA mode 1, empty fields, and the current time.
 * @param time UTC of the measurement, with a resolution of 10 ms
 */
export function nmeaSentences(position: Position | undefined, time: Date, talker: Talker = 'GN'): string[] {
  const date = dateField(time);
  const timeOfDay = timeField(time);
  const bodies = position
    ? sentencesWithFix(position, date, timeOfDay)
    : [`RMC,${timeOfDay},V,,,,,,,${date},,,N`, `GGA,${timeOfDay},,,,,0,00,,,M,,M,,`];
  const gsa = position ? GSA_FIX : GSA_NO_FIX;
  return [...bodies.map((body) => sentence(talker + body)), gsa[talker]];
}

function sentencesWithFix(position: Position, date: string, timeOfDay: string): string[] {
  const coordinates = positionFields(position);
  const speed = (position.speedKmh / KMH_PER_KNOT).toFixed(3);
  const course = (Number(position.courseDeg.toFixed(2)) % 360).toFixed(2);
  const height = position.altitudeM.toFixed(1);
  return [
    `RMC,${timeOfDay},A,${coordinates},${speed},${course},${date},,,A`,
    // The last two fields are for differential corrections, which are not simulated.
    `GGA,${timeOfDay},${coordinates},1,${twoDigits(SATELLITES.length)},${HDOP},${height},M,${GEOID_SEPARATION_M},M,,`,
  ];
}

/** Adds `$`, checksum and CRLF to the body of a sentence. The checksum is the XOR of its ASCII characters. */
export function sentence(body: string): string {
  let checksum = 0;
  for (let at = 0; at < body.length; at++) checksum ^= body.charCodeAt(at);
  return `$${body}*${checksum.toString(16).toUpperCase().padStart(2, '0')}\r\n`;
}
