import type { MeasuredPosition } from './measured-position.ts';
import {
  courseField,
  dateField,
  decimal,
  degreeFields,
  KMH_PER_KNOT,
  positionFields,
  timeField,
} from './nmea-fields.ts';

/** Measurement of a GPS receiver; no position means no fix. */
export interface Measurement {
  readonly position: MeasuredPosition | undefined;
  readonly time: Date;
  /** Whether the position is from dead reckoning, and not from satellites. */
  readonly isEstimated?: boolean;
  /** Whether only GGA says that it is estimated, as of receivers before NMEA 2.3, whose other sentences have no mode. */
  readonly isOnlyInGga?: boolean;
  /** Whether an estimated position is the last one, which the receiver repeats without a fix. */
  readonly isLastKnown?: boolean;
}

export type SpeedUnit = 'knots' | 'kmh';

/** Notations of latitude and longitude: degrees and minutes as in NMEA, or degrees with decimals. */
export const ANGLE_NOTATIONS = ['minutes', 'degrees'] as const;
export type AngleNotation = (typeof ANGLE_NOTATIONS)[number];

/** Properties of the firmware of a SIM7600 or A7670. */
export interface FirmwareUnits {
  readonly speed: SpeedUnit;
  readonly angles: AngleNotation;
}

interface Fix extends Measurement {
  readonly position: MeasuredPosition;
}

/** How the modems of a family respond to the commands of their GPS, by the manuals of their makers. */
export interface ModemFamily {
  /** Response to `AT+CGMM`. */
  readonly model: string;
  readonly getState: string;
  /** Response to `getState`. */
  readonly state: (isOn: boolean) => string;
  readonly switchOn: string;
  readonly switchOff: string;
  /** Final result of `switchOn` if the GPS is on already. */
  readonly isOnAlready: string;
  /** Whether it repeats what it last knew of altitude, speed and course; others leave out what they do not know. */
  readonly fillsIn?: true;
  /** Unsolicited result code after it was switched on. */
  readonly ready?: string;
  readonly getPosition: string;
  readonly position: (fix: Fix, units: FirmwareUnits) => string;
  /** Response to `getPosition` with an estimated position, if it reports one. */
  readonly estimate?: (fix: Fix) => string;
  /** Lines in response to `getPosition` without a fix; the last one is the final result. */
  readonly noFix: (isOn: boolean) => readonly string[];
}

const CGPSINFO = {
  getPosition: 'AT+CGPSINFO',
  position: ({ position, time }: Fix, { speed, angles }: FirmwareUnits) =>
    [
      `+CGPSINFO: ${angles === 'minutes' ? positionFields(position) : degreeFields(position)}`,
      dateField(time),
      timeField(time).slice(0, 'hhmmss.s'.length),
      decimal(position.altitudeM, 1),
      decimal(position.speedKmh, 1, speed === 'knots' ? KMH_PER_KNOT : 1),
      courseField(position.courseDeg, 1),
    ].join(','),
  noFix: () => ['+CGPSINFO: ,,,,,,,,', 'OK'],
};

export const MODEM_FAMILIES = {
  sim7600: {
    ...CGPSINFO,
    model: 'SIMCOM_SIM7600E-H',
    getState: 'AT+CGPS?',
    state: (isOn) => `+CGPS: ${isOn ? 1 : 0},1`,
    switchOn: 'AT+CGPS=1',
    switchOff: 'AT+CGPS=0',
    isOnAlready: 'ERROR',
  },
  a7670: {
    ...CGPSINFO,
    model: 'A7670E-FASE',
    getState: 'AT+CGNSSPWR?',
    state: (isOn) => `+CGNSSPWR: ${isOn ? 1 : 0}`,
    switchOn: 'AT+CGNSSPWR=1',
    switchOff: 'AT+CGNSSPWR=0',
    isOnAlready: 'OK',
    ready: '+CGNSSPWR: READY!',
  },
  sim7070: {
    model: 'SIMCOM_SIM7070',
    getState: 'AT+CGNSPWR?',
    state: (isOn) => `+CGNSPWR: ${isOn ? 1 : 0}`,
    switchOn: 'AT+CGNSPWR=1',
    switchOff: 'AT+CGNSPWR=0',
    isOnAlready: 'OK',
    getPosition: 'AT+CGNSINF',
    position: ({ position, time }) =>
      [
        `+CGNSINF: 1,1,${time.toISOString().replace(/[-:TZ]/g, '')}`,
        position.latitude.toFixed(6),
        position.longitude.toFixed(6),
        decimal(position.altitudeM, 3),
        decimal(position.speedKmh, 2),
        decimal(position.courseDeg, 1),
        '1,,1.1,1.4,0.9,,11,,3.5,4.1',
      ].join(','),
    // As recorded of a SIM7070 before its first fix: neither a fix status nor a time.
    estimate: ({ position }) =>
      [
        '+CGNSINF: 1,,',
        position.latitude.toFixed(6),
        position.longitude.toFixed(6),
        decimal(position.altitudeM, 3),
        ',,1,,0.1,0.1,0.1,,,,155976.0,6000.0',
      ].join(','),
    noFix: (isOn) => [isOn ? '+CGNSINF: 1,,,,,,,,0,,,,,,,,,' : '+CGNSINF: 0,,,,,,,,,,,,,,,,,', 'OK'],
  },
  quectel: {
    model: 'EC25',
    getState: 'AT+QGPS?',
    state: (isOn) => `+QGPS: ${isOn ? 1 : 0}`,
    switchOn: 'AT+QGPS=1',
    switchOff: 'AT+QGPSEND',
    isOnAlready: '+CME ERROR: 504',
    fillsIn: true,
    getPosition: 'AT+QGPSLOC=2',
    position: ({ position, time }) => {
      const { latitude, longitude, altitudeM = 0, courseDeg = 0, speedKmh = 0, isFlat } = position;
      const wholeCourse = Math.floor(courseDeg) % 360;
      const courseMinutes = Math.floor((courseDeg % 1) * 60);
      return [
        `+QGPSLOC: ${timeField(time)}`,
        `${latitude.toFixed(5)},${longitude.toFixed(5)},1.2,${altitudeM.toFixed(1)},${isFlat ? 2 : 3}`,
        `${wholeCourse}.${String(courseMinutes).padStart(2, '0')}`,
        `${speedKmh.toFixed(1)},${(speedKmh / KMH_PER_KNOT).toFixed(1)}`,
        `${dateField(time)},09`,
      ].join(',');
    },
    noFix: (isOn) => [isOn ? '+CME ERROR: 516' : '+CME ERROR: 505'],
  },
  /** Has no GPS. */
  sim800: {
    model: 'SIMCOM_SIM800C',
    getState: '',
    state: () => '',
    switchOn: '',
    switchOff: '',
    isOnAlready: 'ERROR',
    getPosition: '',
    position: () => '',
    noFix: () => ['ERROR'],
  },
} as const satisfies Readonly<Record<string, ModemFamily>>;

export type ModemName = keyof typeof MODEM_FAMILIES;
