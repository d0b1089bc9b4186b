import type { Key, Section } from '../../../client/config/key.ts';
import { integer, number, oneOf } from '../../../client/config/values.ts';
import type { ValueKind } from '../../../client/config/values.ts';
import { ADVERTISEMENT_VARIANTS, GENERATIONS } from '../../../protocol/advertisement.ts';
import { type QuirkName, QUIRKS } from '../../../simulator/firmware/named-quirks.ts';
import { MODEL_IDS } from '../../../simulator/models/models.ts';
import { RIDE_STATES, type RideStateName } from '../../../simulator/ride/conditions.ts';
import { DEFAULT_RADIO_MODEL, RADIO_MODELS, type RadioModelName } from '../../world/radio/radio-model.ts';
import type { Fault } from '../faults/fault.ts';
import { GUARANTEE_IDS } from '../../guarantees/ids.ts';
import { MOMENT_NAMES, MOMENTS } from './moments.ts';
import { sampleCondition } from './sample-condition.ts';
import { duration, lineOfText, listOf, boolean, booleanOr } from './values.ts';
import { AIR, BROKER, CLOCK, GPS, PLACE } from './world-schema.ts';

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
    radio: {
      field: 'radio',
      kind: oneOf(...(Object.keys(RADIO_MODELS) as RadioModelName[])),
      default: DEFAULT_RADIO_MODEL,
      about:
        'How closely air and scooter follow real ones. Realistic: the scooter replies after 60 to 90 ms, an adapter ' +
        'receives advertisements only in its scan windows, and each direction of a connection loses packets by itself. ' +
        'Ideal: it replies at once, an adapter always receives, and both directions lose the same.',
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
    ...PLACE,
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

/** Sections of the simulated world. */
export const WORLD = {
  scooter: SCOOTER,
  gps: GPS,
  clock: CLOCK,
  broker: BROKER,
  air: AIR,
} as const satisfies Readonly<Record<string, Section>>;

export type WorldSection = keyof typeof WORLD;

export const WORLD_SECTIONS = Object.keys(WORLD) as WorldSection[];

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
  on: {
    field: 'on',
    kind: oneOf(...MOMENT_NAMES),
    optional: true,
    about:
      'Moment at which the fault begins, from `at` on, instead of at that time. What `nth` counts: ' +
      Object.entries(MOMENTS)
        .map(([name, counted]) => `\`${name}\`: ${counted}`)
        .join('; ') +
      '.',
  },
  nth: {
    field: 'nth',
    kind: integer('', 1, MAX_COUNT),
    default: 1,
    about: 'Which of them; requires `on`.',
  },
  wait: {
    field: 'waitMs',
    kind: duration(0.001, MAX_DURATION_S),
    optional: true,
    about: 'Time for which it waits for the moment, by default until the end; requires `on`.',
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
