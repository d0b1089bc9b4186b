import type { Key, Section } from '../../../client/config/key.ts';
import { integer, number, oneOf } from '../../../client/config/values.ts';
import type { ValueKind } from '../../../client/config/values.ts';
import { ADVERTISEMENT_VARIANTS, GENERATIONS } from '../../../protocol/advertisement.ts';
import { ANGLE_NOTATIONS } from '../../../simulator/gps/modem-families.ts';
import { DEFAULT_SENTENCES, SENTENCE_TYPES } from '../../../simulator/gps/nmea-writer.ts';
import { type QuirkName, QUIRKS } from '../../../simulator/firmware/named-quirks.ts';
import { MODEL_IDS } from '../../../simulator/models/models.ts';
import { RIDE_STATES, type RideStateName } from '../../../simulator/ride/conditions.ts';
import type { Fault } from '../faults/fault.ts';
import { GUARANTEE_IDS } from '../../guarantees/ids.ts';
import { sampleCondition } from './sample-condition.ts';
import { duration, lineOfText, listOf, boolean, booleanOr, utcTime } from './values.ts';

/** Faults by name. */
export type Faults = Readonly<Record<string, Fault>>;

/** Seeds are non-negative signed 32-bit integers. */
const MAX_SEED = 2 ** 31 - 1;
/** Timers are limited to 2^31 ms, which is 24.8 days. */
const MAX_DURATION_S = 24 * 86_400;
/** Upper limit of the pause in advertising after a connection; real scooters take a few seconds. */
const MAX_ADVERTISING_DELAY_S = 600;
/** The odometer register has 32 bits, in metres; leaves room for the ride. */
const MAX_ODOMETER_M = 4_000_000_000;
const MAX_EXIT_CODE = 255;
/** Registers of error and warning codes have 16 bits; the highest known code is 42. */
const MAX_CODE = 255;
const MAX_MODE = 2;
/** Values of the key `route`. */
const ROUTES = ['town', 'generated'] as const;
/** Values of the key `state`. */
export const SCOOTER_STATES = [...(Object.keys(RIDE_STATES) as RideStateName[]), 'asleep'] as const;
const MAX_COUNT = 1_000_000_000;

const count = (unit: string): ValueKind<number> => integer(unit, 0, MAX_COUNT);

/** Keys above the first section. */
export const TOP_LEVEL = {
  about: 'The scenario as a whole.',
  ifMissing: 'error',
  keys: {
    title: { field: 'title', kind: lineOfText('a line of text'), about: 'Short description.' },
    seed: {
      field: 'seed',
      kind: integer('', 0, MAX_SEED),
      default: 1,
      about: 'Seed of all random numbers: the same seed gives the same run. `--seed` overrides it.',
    },
    duration: {
      field: 'durationMs',
      kind: duration(1, MAX_DURATION_S),
      about: 'Duration of the scenario.',
    },
    start: {
      field: 'start',
      kind: utcTime(),
      optional: true,
      about:
        'Time at the start, of the Pi and of the satellites, such as `"2026-12-31T23:59:30Z"`; by default ' +
        '`"2026-05-04T06:00:00Z"`.',
    },
  },
} as const satisfies Section;

const MAX_RIDER_KG = 150;
/** The register has 16 bits of metres per hour. */
const MAX_SPEED_LIMIT_KMH = 65;

/** The registers of the battery begin at -20 °C. */
const MIN_AIR_C = -20;
const MAX_AIR_C = 45;

/** Keys of `[scooter]`. */
export const SCOOTER = {
  about: 'The simulated scooter.',
  ifMissing: 'defaults',
  keys: {
    model: {
      field: 'model',
      kind: oneOf(...MODEL_IDS),
      default: 'pro2',
      about: 'Scooter model, as listed in [models.md](models.md).',
    },
    generation: {
      field: 'generation',
      kind: oneOf(...GENERATIONS),
      optional: true,
      about: 'Protocol generation of its Bluetooth firmware; by default that of the model.',
    },
    advertisement: {
      field: 'advertisement',
      kind: oneOf(...ADVERTISEMENT_VARIANTS),
      optional: true,
      about:
        'What it advertises beside its name: manufacturer data (default), FE95 service data, or both. The latter two ' +
        'require the generation `miauth`.',
    },
    paired: {
      field: 'paired',
      kind: booleanOr('never'),
      optional: true,
      about:
        'Whether the client has been paired and has a token; by default `true` if the generation of the scooter has a ' +
        'login (`miauth`). `"never"` means that no device was ever paired, so that the scooter has no device id yet. ' +
        'A client without a token ends with 77 until a step `client.register` has paired it. A scooter without a login has no ' +
        'pairing: there the client has no token, whatever this key says.',
    },
    on: {
      field: 'on',
      kind: boolean(),
      default: true,
      about:
        'Whether it is switched on at the start; if not, it is switched on when a `scooter.off` fault ends.',
    },
    odometer_m: {
      field: 'odometerM',
      kind: integer('metres', 0, MAX_ODOMETER_M),
      default: 1_306_083,
      about: 'Initial odometer reading.',
    },
    percent: {
      field: 'percent',
      kind: number('percent', 0, 100),
      default: 100,
      about: 'Initial charge of the battery; at 10 % the scooter stops.',
    },
    state: {
      field: 'state',
      kind: oneOf(...SCOOTER_STATES),
      default: 'riding',
      about:
        'What it does at the start: `asleep` means parked and off until a `scooter.sleep` or `scooter.off` fault ends.',
    },
    locked: {
      field: 'locked',
      kind: boolean(),
      default: false,
      about: 'Whether it is locked: the motor does not drive it, and pushing it sets off the alarm.',
    },
    error: {
      field: 'error',
      kind: integer('', 0, MAX_CODE),
      default: 0,
      about:
        'Error code at the start, such as 15 for the hall sensor of the brake; any error stops the motor.',
    },
    warning: {
      field: 'warning',
      kind: integer('', 0, MAX_CODE),
      default: 0,
      about: 'Warning code at the start, such as 12 for overcharge.',
    },
    mode: {
      field: 'mode',
      kind: integer('', 0, MAX_MODE),
      optional: true,
      about: 'Ride mode at the start: 0 normal, 1 eco, 2 sport; by default the fastest one of the model.',
    },
    energy_recovery: {
      field: 'energyRecovery',
      kind: oneOf('weak', 'medium', 'strong'),
      default: 'weak',
      about: 'Energy recovery while braking.',
    },
    cruise: {
      field: 'cruise',
      kind: boolean(),
      default: false,
      about: 'Whether cruise control keeps a speed that the rider holds.',
    },
    tail_light: {
      field: 'tailLight',
      kind: oneOf('off', 'on-brake', 'always-on'),
      default: 'off',
      about: 'When the tail light is on.',
    },
    speed_limit: {
      field: 'speedLimitKmh',
      kind: number('km/h', 1, MAX_SPEED_LIMIT_KMH),
      optional: true,
      about: 'Speed limit in every mode, as an app sets it; none by default.',
    },
    rider_kg: {
      field: 'riderKg',
      kind: number('kg', 1, MAX_RIDER_KG),
      default: 75,
      about: 'Mass of the rider.',
    },
    ambient: {
      field: 'airTemperatureC',
      kind: integer('°C', MIN_AIR_C, MAX_AIR_C),
      default: 18,
      about: 'Temperature of the air; frame and battery begin with it.',
    },
    route: {
      field: 'route',
      kind: oneOf(...ROUTES),
      default: 'town',
      about: 'Where it rides: a round in A Coruña, or one that is generated from the seed.',
    },
    auto_off: {
      field: 'autoOffMs',
      kind: duration(1, MAX_DURATION_S),
      optional: true,
      about: 'Time standing after which it switches itself off, connected or not; by default it stays on.',
    },
    quirks: {
      field: 'quirks',
      kind: listOf(oneOf(...(Object.keys(QUIRKS) as QuirkName[]))),
      default: [],
      about:
        'Quirks of real scooters that it has, as listed in [simulator.md](simulator.md#quirks-of-real-scooters).',
    },
    return_delay: {
      field: 'advertisingDelayMs',
      kind: duration(0, MAX_ADVERTISING_DELAY_S),
      default: '1 s',
      about: 'Pause in advertising after a connection.',
    },
  },
} as const satisfies Section;

/** What the client may read its position from. */
export const RECEIVERS = ['none', 'nmea', 'gpsd', 'sim7600', 'a7670', 'sim7070', 'quectel'] as const;
/** Rates of common receivers, in measurements a second. */
const MAX_RATE_HZ = 10;
const MAX_DATE_EVERY = 3_600;
/** The route may extend that far from its start without reaching a pole or the antimeridian. */
const MAX_LATITUDE = 80;
const MAX_LONGITUDE = 179;

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
        'What the client reads: an NMEA receiver, gpsd, a modem of one of four families, or nothing. By default the one ' +
        'that `[client.serial]` describes: gpsd with `serial_port = "gpsd://localhost"`, a SIM7600 with ' +
        '`protocol = "sim7600"`, otherwise an NMEA receiver.',
    },
    sentences: {
      field: 'sentences',
      kind: listOf(oneOf(...SENTENCE_TYPES)),
      default: DEFAULT_SENTENCES,
      about:
        'Sentences of an NMEA receiver for each measurement, in this order. At least one has a position: RMC, GGA, GNS or GLL; VTG, which has no time, is not the first.',
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
    latitude: {
      field: 'latitude',
      kind: number('degrees', -MAX_LATITUDE, MAX_LATITUDE),
      optional: true,
      about: 'Latitude at which the route begins; by default 43.4, in A Coruña.',
    },
    longitude: {
      field: 'longitude',
      kind: number('degrees', -MAX_LONGITUDE, MAX_LONGITUDE),
      optional: true,
      about: 'Longitude at which the route begins; by default -8.4.',
    },
  },
} as const satisfies Section;

/** Keys of `[expect]`. */
export const EXPECT = {
  about: 'The expected result of the run.',
  ifMissing: 'defaults',
  keys: {
    guarantees: {
      field: 'guarantees',
      kind: listOf(oneOf(...GUARANTEE_IDS)),
      optional: true,
      about: 'Guarantees to check; by default all guarantees below.',
    },
    logins: {
      field: 'logins',
      kind: count('logins'),
      optional: true,
      about: 'Number of logins that the scooter accepted.',
    },
    links: {
      field: 'links',
      kind: count('connections'),
      optional: true,
      about: 'Number of BLE connections of the scooter.',
    },
    starts: {
      field: 'starts',
      kind: count('starts'),
      optional: true,
      about: 'Number of client starts.',
    },
    exit: {
      field: 'exit',
      kind: integer('', 0, MAX_EXIT_CODE),
      optional: true,
      about: 'Exit code of the first client process that exits.',
    },
    samples: {
      field: 'samples',
      kind: count('samples'),
      optional: true,
      about: 'Minimum number of different samples that reach the broker.',
    },
    published: {
      field: 'published',
      kind: listOf(sampleCondition()),
      optional: true,
      about: 'Conditions, each of which at least one sample at the broker has to meet.',
    },
    recovered_by: {
      field: 'recoveredByMs',
      kind: duration(0, MAX_DURATION_S),
      optional: true,
      about: 'From this time to the end, samples have to reach the broker at the configured interval.',
    },
  },
} as const satisfies Section;

/** Keys of every `[[step]]`. */
export const STEP = {
  at: {
    field: 'atMs',
    kind: duration(0, MAX_DURATION_S),
    about: 'Start of the fault, counted from the start of the scenario.',
  },
  fault: { field: 'fault', kind: lineOfText('the name of a fault'), about: 'Fault to inject.' },
  for: {
    field: 'forMs',
    kind: duration(0.001, MAX_DURATION_S),
    about: 'Duration of the fault; not allowed for an instantaneous fault.',
  },
  every: {
    field: 'everyMs',
    kind: duration(0.001, MAX_DURATION_S),
    optional: true,
    about: 'Interval at which the fault repeats until the end of the scenario; longer than its duration.',
  },
} as const satisfies Readonly<Record<string, Key>>;

/** The key `fault` with the names of all faults. */
export function faultKey(faults: Faults): Key {
  return { ...STEP.fault, kind: oneOf(...Object.keys(faults)) };
}

/** The parameters of a fault as keys of its step. */
export function parameterKeys({ parameters }: Fault): Readonly<Record<string, Key>> {
  return Object.fromEntries(
    Object.entries(parameters).map(([name, parameter]) => [name, { field: name, ...parameter }]),
  );
}
