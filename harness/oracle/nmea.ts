import { degrees, midnight, numberIn, timeOfDay, type Axis } from './nmea-values.ts';

/** Sentences from which a position is taken (docs/client.md). */
export type SentenceType = 'RMC' | 'GGA' | 'GNS' | 'GLL';

/** What one sentence contains; null is what it leaves out, or what is no such value. */
export interface SentenceFacts {
  /** Since midnight, UTC. */
  readonly timeOfDayMs: number | null;
  /** Midnight of the day, UTC, in ms since 1970. Only RMC has a date; `null` if it is odd. */
  readonly midnightMs: number | null | undefined;
  /** Whether a satellite receiver measured the position: not estimated, entered by hand, or simulated. */
  readonly isFix: boolean;
  readonly latitude: number | null;
  readonly longitude: number | null;
  /** Above mean sea level. */
  readonly altitudeM: number | null;
  /** Over ground. */
  readonly speedKmh: number | null;
  readonly courseDeg: number | null;
  readonly satellites: number | null;
  readonly hdop: number | null;
}

interface Layout {
  /** Field of the UTC time, counted after the address. */
  readonly time: number;
  /** Field of the latitude; N or S, the longitude, and E or W follow. */
  readonly position: number;
  readonly isFix: (fields: readonly string[]) => boolean;
  readonly speed?: number;
  readonly course?: number;
  readonly date?: number;
  readonly satellites?: number;
  readonly hdop?: number;
  readonly altitude?: number;
}

/** Order of the fields. Source: NMEA 0183, version 4.1; checked with gpsd's logs of receivers. */
const LAYOUTS: Readonly<Record<SentenceType, Layout>> = {
  RMC: {
    time: 1,
    position: 3,
    isFix: (fields) => fields[2] === 'A' && isSatelliteMode(fields[12]),
    speed: 7,
    course: 8,
    date: 9,
  },
  GGA: {
    time: 1,
    position: 2,
    // GPS, differential, PPS, RTK, float RTK. 6 is estimated, 7 entered by hand, 8 simulated.
    isFix: (fields) => /^[1-5]$/.test(fields[6] ?? ''),
    satellites: 7,
    hdop: 8,
    altitude: 9,
  },
  GNS: {
    time: 1,
    position: 2,
    // One letter for each system of satellites.
    isFix: (fields) => /[ADFPR]/.test(fields[6] ?? ''),
    satellites: 7,
    hdop: 8,
    altitude: 9,
  },
  GLL: { time: 5, position: 1, isFix: (fields) => fields[6] === 'A' && isSatelliteMode(fields[7]) },
};

const LATITUDE: Axis = { positive: 'N', negative: 'S', limit: 90 };
const LONGITUDE: Axis = { positive: 'E', negative: 'W', limit: 180 };
const KMH_PER_KNOT = 1.852;

/** Reads a sentence of any talker; undefined if it is another one, or its checksum is absent or wrong. */
export function readSentence(line: string): SentenceFacts | undefined {
  const [, body, type = '', checksum = ''] =
    /^\$([A-Z]{2}(RMC|GGA|GNS|GLL),[^*]*)\*([\dA-Fa-f]{2})\s*$/.exec(line) ?? [];
  if (body === undefined || !isType(type) || checksumOf(body) !== Number.parseInt(checksum, 16)) {
    return undefined;
  }
  const fields = body.split(',');
  const layout = LAYOUTS[type];
  const { position } = layout;
  const number = (index: number | undefined): number | null =>
    index === undefined ? null : numberIn(fields[index]);
  const knots = number(layout.speed);
  return {
    timeOfDayMs: timeOfDay(fields[layout.time]),
    midnightMs: layout.date === undefined ? undefined : midnight(fields[layout.date]),
    isFix: layout.isFix(fields),
    latitude: degrees(fields[position], fields[position + 1], LATITUDE),
    longitude: degrees(fields[position + 2], fields[position + 3], LONGITUDE),
    altitudeM: number(layout.altitude),
    speedKmh: knots === null ? null : knots * KMH_PER_KNOT,
    courseDeg: number(layout.course),
    satellites: number(layout.satellites),
    hdop: number(layout.hdop),
  };
}

function isType(type: string): type is SentenceType {
  return type in LAYOUTS;
}

/** Combines the characters between `$` and `*` with exclusive or. */
function checksumOf(body: string): number {
  let sum = 0;
  for (let index = 0; index < body.length; index++) sum ^= body.charCodeAt(index);
  return sum;
}

/**
 * Whether a mode is autonomous, differential, float RTK, precise or RTK; an older receiver sends none. E is estimated,
 * M entered by hand, S simulated, N no fix.
 */
function isSatelliteMode(mode = ''): boolean {
  return /^[ADFPR]?$/.test(mode);
}
