import type { Section } from '../../../client/config/key.ts';
import { integer, number, oneOf } from '../../../client/config/values.ts';
import { EPOCH } from '../../world/clock/clock.ts';
import { ANGLE_NOTATIONS } from '../../../simulator/gps/modem-families.ts';
import { DEFAULT_SENTENCES, SENTENCE_TYPES } from '../../../simulator/gps/nmea-writer.ts';
import { boolean, duration, listOf, MAX_DURATION_S, moment, timeZone } from './values.ts';

const DAY_S = 86_400;
const TEN_YEARS_S = 10 * 365 * DAY_S;
const MAX_NEIGHBOURS = 200;
/** Rates of common receivers, in measurements a second. */
const MAX_RATE_HZ = 10;
const MAX_DATE_EVERY = 3_600;

/** Values of the key `receiver` that campaigns draw from. */
export const DRAWN_RECEIVERS = ['none', 'nmea', 'sim7600', 'a7670', 'sim7070', 'quectel', 'gpsd'] as const;
/** Values of the key `receiver`. */
const RECEIVERS = [...DRAWN_RECEIVERS, 'sim800'] as const;

/** Keys of `[gps]`. */
export const GPS = {
  about:
    'The GPS receiver. Its time is that of the satellites, which does not depend on the clock of the Pi. Its port and ' +
    'protocol in the configuration of the client follow from `receiver`, unless `[client.serial]` has them; the unit of ' +
    'speed of a modem is the one that the client is configured for.',
  ifMissing: 'defaults',
  keys: {
    receiver: {
      field: 'receiver',
      kind: oneOf(...RECEIVERS),
      optional: true,
      about:
        'A receiver that sends NMEA, a modem, a modem that has no GPS (sim800), a receiver behind gpsd, or `none`, for which the client has no section ' +
        '`[serial]`; by default what `[client.serial]` is for.',
    },
    sentences: {
      field: 'sentences',
      kind: listOf(oneOf(...SENTENCE_TYPES)),
      default: DEFAULT_SENTENCES,
      about:
        'Sentences of an NMEA receiver for each measurement, in this order. At least one has a position: RMC, GGA, GNS or GLL; VTG, which has no time, is not the first.',
    },
    modes: {
      field: 'hasModes',
      kind: boolean(),
      default: true,
      about: 'Whether RMC, GLL and VTG of an NMEA receiver have a mode, which they have since NMEA 2.3.',
    },
    date_every: {
      field: 'dateEvery',
      kind: integer('measurements', 1, MAX_DATE_EVERY),
      default: 1,
      about:
        'Number of measurements of an NMEA receiver after which it sends the sentences with a date again, RMC and ZDA. ' +
        'More than 1 requires another sentence with a position after them.',
    },
    rate: {
      field: 'rateHz',
      kind: integer('Hz', 1, MAX_RATE_HZ),
      default: 1,
      about: 'Number of measurements a second.',
    },
    baudrate: {
      field: 'baudRate',
      kind: integer('bit/s', 9_600, 115_200),
      optional: true,
      about:
        'Baud rate of an NMEA receiver, by which its sentences take time: 80 characters take 83 ms at 9600. By default ' +
        'they take none.',
    },
    angles: {
      field: 'angles',
      kind: oneOf(...ANGLE_NOTATIONS),
      default: 'minutes',
      about:
        'Latitude and longitude in the responses of a SIM7600 or A7670, which depend on the firmware: degrees and minutes, ' +
        'or degrees with decimals.',
    },
  },
} as const satisfies Section;

/** Keys of `[clock]`. */
export const CLOCK = {
  about: 'The time of the world, and the clock of the Pi.',
  ifMissing: 'defaults',
  keys: {
    start: {
      field: 'startMs',
      kind: moment(),
      default: EPOCH.toISOString(),
      about: 'Time at the start of the scenario, in UTC. Satellites have it always.',
    },
    error: {
      field: 'errorMs',
      kind: duration(-TEN_YEARS_S, TEN_YEARS_S),
      default: '0 s',
      about: 'Difference of the clock of the Pi from that, until it is set.',
    },
    zone: {
      field: 'zone',
      kind: timeZone(),
      default: 'UTC',
      about: 'Time zone of the Pi, by its name in the IANA database.',
    },
    set_after: {
      field: 'setAfterMs',
      kind: duration(0.001, MAX_DURATION_S),
      optional: true,
      about:
        'Time after which the clock is set to the time of the world, and counts as synchronised; by default it is from the ' +
        'start.',
    },
    service: {
      field: 'service',
      kind: oneOf('kernel', 'timesyncd', 'none'),
      default: 'kernel',
      about:
        'What tells whether the clock is synchronised: the kernel through `timedatectl`, only the file of ' +
        'systemd-timesyncd, or nothing.',
    },
  },
} as const satisfies Section;

/** Values of the key `credentials`. */
export const LOGIN_SOURCES = ['address', 'password', 'file', 'environment'] as const;

/** Keys of `[broker]`. */
export const BROKER = {
  about: 'The broker. All keys but `version` and `credentials` require `version = "5"`.',
  ifMissing: 'defaults',
  keys: {
    version: {
      field: 'version',
      kind: oneOf('3.1.1', '5'),
      default: '3.1.1',
      about: 'The only version of MQTT that it accepts.',
    },
    credentials: {
      field: 'login',
      kind: oneOf(...LOGIN_SOURCES),
      default: 'address',
      about:
        'Where the client has the user name and the password from that the broker demands: the address of the broker, ' +
        'the keys `username` and `password`, `username` and a `password_file` written on Windows, or the environment. The ' +
        'other places have wrong ones.',
    },
    retained: {
      field: 'retained',
      kind: boolean(),
      default: true,
      about: 'Whether it retains messages.',
    },
    qos: { field: 'qos', kind: integer('', 0, 2), default: 2, about: 'Maximum QoS.' },
    packet: {
      field: 'packetBytes',
      kind: integer('bytes', 100, 268_435_460),
      optional: true,
      about: 'Maximum packet size; none by default. Most samples take less than 800 bytes.',
    },
    keep_alive: {
      field: 'keepAliveS',
      kind: integer('s', 1, 65_535),
      optional: true,
      about:
        'Keep-alive that it demands instead of the one of the client: it closes a connection that is silent for one and a half times as long.',
    },
    in_flight: {
      field: 'inFlight',
      kind: integer('', 1, 65_535),
      optional: true,
      about: 'Maximum number of unacknowledged messages; none by default.',
    },
    topic_alias: {
      field: 'topicAlias',
      kind: integer('', 0, 65_535),
      default: 0,
      about: 'Maximum topic alias.',
    },
  },
} as const satisfies Section;

/** Keys of `[air]`. */
export const AIR = {
  about: 'What else is in the air.',
  ifMissing: 'defaults',
  keys: {
    neighbours: {
      field: 'neighbours',
      kind: integer('', 0, MAX_NEIGHBOURS),
      default: 0,
      about: 'Number of other devices that advertise; every second one is a scooter.',
    },
  },
} as const satisfies Section;

const MAX_LATITUDE = 80;
const MAX_LONGITUDE = 179;

/** Keys of `[scooter]` that say where it is. */
export const PLACE = {
  latitude: {
    field: 'latitude',
    kind: number('degrees', -MAX_LATITUDE, MAX_LATITUDE),
    optional: true,
    about: 'Latitude at which the route begins, north positive; by default 43.4, in A Coruña.',
  },
  longitude: {
    field: 'longitude',
    kind: number('degrees', -MAX_LONGITUDE, MAX_LONGITUDE),
    optional: true,
    about: 'Longitude at which the route begins, east positive; by default -8.4.',
  },
} as const satisfies Section['keys'];
