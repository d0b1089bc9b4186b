import type { Position } from '../ride/ride.ts';
import { dateField, KMH_PER_KNOT, positionFields, timeField, twoDigits } from './nmea-fields.ts';

/** Satellite systems that a sentence may speak for: `GP` GPS alone, `GN` several together. */
export type Talker = 'GP' | 'GN';

/** Satellites that the receiver claims to use: their numbers, as GSA lists them. */
const SATELLITES = ['02', '05', '07', '13', '15', '18', '20', '29', '30'];
/** GSA has room for this many. */
const SATELLITE_FIELDS = 12;
const PDOP = '1.6';
const HDOP = '0.9';
const VDOP = '1.3';
/** How far sea level lies above the ellipsoid, in metres; about right for Galicia. */
const GEOID_SEPARATION_M = '54.6';

/** What GSA says does not change while there is a fix, nor while there is none. */
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
 * What an NMEA 0183 receiver says once per measurement: RMC, GGA and GSA, each with checksum and CRLF.
 * Without a position: RMC status V, GGA quality 0, GSA mode 1, and empty fields, while the time goes on.
 * @param time UTC of the measurement; hundredths of a second are kept
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
  const place = positionFields(position);
  const speed = (position.speedKmh / KMH_PER_KNOT).toFixed(3);
  const course = (Number(position.courseDeg.toFixed(2)) % 360).toFixed(2);
  const height = position.altitudeM.toFixed(1);
  return [
    `RMC,${timeOfDay},A,${place},${speed},${course},${date},,,A`,
    // The last two fields tell of a differential correction that this receiver has not.
    `GGA,${timeOfDay},${place},1,${twoDigits(SATELLITES.length)},${HDOP},${height},M,${GEOID_SEPARATION_M},M,,`,
  ];
}

/** Frames what stands between `$` and `*`: the checksum is the XOR of its ASCII characters. */
export function sentence(body: string): string {
  let checksum = 0;
  for (let at = 0; at < body.length; at++) checksum ^= body.charCodeAt(at);
  return `$${body}*${checksum.toString(16).toUpperCase().padStart(2, '0')}\r\n`;
}
