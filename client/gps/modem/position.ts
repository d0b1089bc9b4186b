import type { Fix } from '../fix.ts';
import {
  checkedCoordinates,
  dateOf,
  parseCourse,
  parseDate,
  parseNumber,
  parseTimeOfDay,
  parseUnsigned,
  type Coordinates,
} from '../nmea/fields.ts';

/** Kilometres per hour in each unit of speed that firmwares are known to report. */
const KMH_PER = { knots: 1.852, kmh: 1 } as const;

/** Unit of speed in a response of a SIM7600: knots by SIMCom's manual, but not in every firmware. */
export type SpeedUnit = keyof typeof KMH_PER;

/** Latest measurement of a receiver. */
export type Measurement = Omit<Fix, 'receivedAtMs'>;

/**
 * Parses the fields of a response: null without a fix, undefined if they are damaged. Only latitude and longitude have to
 * be right.
 */
export type PositionParser = (
  fields: readonly string[],
  speedUnit: SpeedUnit,
) => Measurement | null | undefined;

/** An angle with decimals, as degrees or, like NMEA, as degrees and minutes. */
const ANGLE = /^(-?)(\d+)\.(\d{4,})$/;
/** Number of digits of degrees and minutes before the point; of degrees alone there are at most three. */
const DIGITS_OF_MINUTES = { latitude: 4, longitude: 5 } as const;

/**
 * `+CGPSINFO: <lat>,<N/S>,<lon>,<E/W>,<ddmmyy>,<UTC>,<altitude m>,<speed>,<course>`: AT command manuals of SIM7500/SIM7600
 * and of A76XX. Angles are degrees and minutes; some firmwares of the SIM767X have degrees.
 */
export const parseCgpsInfo: PositionParser = (fields, speedUnit) => {
  const [lat, ns = '', lon, ew = '', date, utc, altitude, speed, course] = fields;
  if (fields.every((field) => field === '')) return fields.length < 9 ? undefined : null;
  if (fields.length < 9 || !/^[NS]$/.test(ns) || !/^[EW]$/.test(ew)) return undefined;
  return measurement(parseAngles(lat, lon, ns === 'S' ? -1 : 1, ew === 'W' ? -1 : 1), {
    altitudeM: parseNumber(altitude),
    speedKmh: inKmh(speed, speedUnit),
    courseDeg: parseCourse(course),
    timeMs: sum(parseDate(date), parseTimeOfDay(utc)),
  });
};

/**
 * `+CGNSINF: <on>,<fix>,<yyyyMMddhhmmss.sss>,<lat>,<lon>,<altitude m>,<speed km/h>,<course>,…`: AT command manuals of
 * SIM7000, SIM7070/SIM7080/SIM7090, SIM808 and SIM868. Without a fix, latitude and longitude may be filled all the same.
 */
export const parseCgnsInf: PositionParser = (fields) => {
  const [isOn = '', hasFix = '', utc = '', lat, lon, altitude, speed, course] = fields;
  if (fields.length < 16 || !/^[01]$/.test(isOn) || !/^[01]?$/.test(hasFix)) return undefined;
  if (isOn === '0' || hasFix !== '1') return null;
  const [, year, month, day, timeOfDay] = /^(\d{4})(\d\d)(\d\d)(\d{6}.*)$/.exec(utc) ?? [];
  return measurement(parseAngles(lat, lon), {
    altitudeM: parseNumber(altitude),
    speedKmh: inKmh(speed, 'kmh'),
    courseDeg: parseCourse(course),
    timeMs: sum(dateOf(Number(year), Number(month), Number(day)), parseTimeOfDay(timeOfDay)),
  });
};

/**
 * `+QGPSLOC: <UTC>,<lat>,<lon>,<hdop>,<altitude m>,<fix>,<course ddd.mm>,<speed km/h>,<knots>,<ddmmyy>,<satellites>` in
 * response to `AT+QGPSLOC=2`: GNSS manuals of Quectel EC2x/EG2x/EM05 and of BG95/BG96.
 */
export const parseQgpsLoc: PositionParser = (fields) => {
  const [utc, lat, lon, , altitude, dimensions = '', course, speed, , date] = fields;
  if (fields.length < 11 || !/^[23]$/.test(dimensions)) return undefined;
  return measurement(parseAngles(lat, lon), {
    altitudeM: parseNumber(altitude),
    speedKmh: inKmh(speed, 'kmh'),
    courseDeg: parseCourseMinutes(course),
    timeMs: sum(parseDate(date), parseTimeOfDay(utc)),
  });
};

interface Others {
  readonly altitudeM: number | undefined;
  readonly speedKmh: number | undefined;
  readonly courseDeg: number | undefined;
  readonly timeMs: number | undefined;
}

function measurement(coordinates: Coordinates | undefined, others: Others): Measurement | null | undefined {
  // A receiver without a fix may fill the fields with zeros.
  if (coordinates?.latitude === 0 && coordinates.longitude === 0) return null;
  const existing = checkedCoordinates(coordinates?.latitude, coordinates?.longitude);
  return (
    existing && {
      ...existing,
      altitudeM: others.altitudeM ?? null,
      speedKmh: others.speedKmh ?? null,
      courseDeg: others.courseDeg ?? null,
      time: others.timeMs === undefined ? null : new Date(others.timeMs),
    }
  );
}

/**
 * Parses latitude and longitude. A response has no checksum, so a lost digit must show in its format: both have the same
 * notation, and the same number of decimals.
 */
function parseAngles(lat = '', lon = '', latitudeSign = 1, longitudeSign = 1): Coordinates | undefined {
  const [, , latWhole = '', latDecimals = ''] = ANGLE.exec(lat) ?? [];
  const [, , lonWhole = '', lonDecimals = ''] = ANGLE.exec(lon) ?? [];
  if (latDecimals === '' || latDecimals.length !== lonDecimals.length) return undefined;
  if (latWhole.length <= 2 && lonWhole.length <= 3)
    return { latitude: latitudeSign * Number(lat), longitude: longitudeSign * Number(lon) };
  const { latitude, longitude } = DIGITS_OF_MINUTES;
  if (latWhole.length !== latitude || lonWhole.length !== longitude) return undefined;
  return {
    latitude: latitudeSign * fromMinutes(lat, latitude),
    longitude: longitudeSign * fromMinutes(lon, longitude),
  };
}

/** Converts degrees and minutes to degrees; NaN if the minutes are 60 or more. */
function fromMinutes(angle: string, digits: number): number {
  const minutes = Number(angle.slice(digits - 2));
  return minutes < 60 ? Number(angle.slice(0, digits - 2)) + minutes / 60 : NaN;
}

/** Parses a course in degrees and whole minutes, `ddd.mm`. */
function parseCourseMinutes(field?: string): number | undefined {
  const course = parseCourse(field);
  return course === undefined ? undefined : Math.trunc(course) + ((course % 1) * 100) / 60;
}

function inKmh(field: string | undefined, unit: SpeedUnit): number | undefined {
  const speed = parseUnsigned(field);
  return speed === undefined ? undefined : speed * KMH_PER[unit];
}

function sum(first: number | undefined, second: number | undefined): number | undefined {
  return first === undefined || second === undefined ? undefined : first + second;
}
