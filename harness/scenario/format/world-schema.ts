import type { Section } from '../../../client/config/key.ts';
import { integer, number, oneOf } from '../../../client/config/values.ts';
import { EPOCH } from '../../world/clock/clock.ts';
import { boolean, duration, moment } from './values.ts';

const DAY_S = 86_400;
const TEN_YEARS_S = 10 * 365 * DAY_S;
const MAX_NEIGHBOURS = 200;

/** Values of the key `receiver`. */
export const RECEIVERS = ['none', 'nmea', 'sim7600', 'a7670', 'sim7070', 'quectel', 'gpsd'] as const;

/** Keys of `[gps]`. */
export const GPS = {
  about: 'The GPS receiver.',
  ifMissing: 'defaults',
  keys: {
    receiver: {
      field: 'receiver',
      kind: oneOf(...RECEIVERS),
      optional: true,
      about:
        'A receiver that sends NMEA, a modem, a receiver behind gpsd, or `none`, for which the client has no section ' +
        '`[serial]`; by default what `[client.serial]` is for.',
    },
    interval: {
      field: 'intervalMs',
      kind: duration(0.1, 60),
      default: '1 s',
      about: 'Time between two measurements.',
    },
    degrees: {
      field: 'degrees',
      kind: oneOf('minutes', 'decimal'),
      default: 'minutes',
      about: 'How a modem writes a position in `+CGPSINFO`: degrees with minutes, or decimal degrees.',
    },
    speed_unit: {
      field: 'speedUnit',
      kind: oneOf('knots', 'kmh'),
      default: 'knots',
      about: 'Unit of the speed in `+CGPSINFO`, which `speed_unit` in `[client.serial]` has to match.',
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
    set_after: {
      field: 'setAfterMs',
      kind: duration(0.001, 24 * DAY_S),
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

/** Keys of `[broker]`. */
export const BROKER = {
  about: 'The broker. All keys but `version` require `version = "5"`.',
  ifMissing: 'defaults',
  keys: {
    version: {
      field: 'version',
      kind: oneOf('3.1.1', '5'),
      default: '3.1.1',
      about: 'The only version of MQTT that it accepts.',
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
      kind: integer('bytes', 800, 268_435_460),
      optional: true,
      about: 'Maximum packet size; none by default.',
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
    about: 'Latitude of a generated route, north positive; by default that of A Coruña.',
  },
  longitude: {
    field: 'longitude',
    kind: number('degrees', -MAX_LONGITUDE, MAX_LONGITUDE),
    optional: true,
    about: 'Longitude of a generated route, east positive; by default that of A Coruña.',
  },
} as const satisfies Section['keys'];
