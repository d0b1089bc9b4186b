import type { Section } from '../../../client/config/key.ts';
import { integer, number, oneOf } from '../../../client/config/values.ts';
import { ADVERTISEMENT_VARIANTS, GENERATIONS } from '../../../protocol/advertisement.ts';
import { type QuirkName, QUIRKS } from '../../../simulator/firmware/named-quirks.ts';
import { MODEL_IDS } from '../../../simulator/models/models.ts';
import { RIDE_STATES, type RideStateName } from '../../../simulator/ride/conditions.ts';
import { boolean, booleanOr, duration, listOf, MAX_DURATION_S } from './values.ts';
import { PLACE } from './world-schema.ts';

/** Upper limit of the pause in advertising after a connection; real scooters take a few seconds. */
const MAX_ADVERTISING_DELAY_S = 600;
/** The odometer register has 32 bits, in metres; leaves room for the ride. */
const MAX_ODOMETER_M = 4_000_000_000;
/** Registers of error and warning codes have 16 bits; the highest known code is 42. */
const MAX_CODE = 255;
const MAX_MODE = 2;
/** Values of the key `route`. */
const ROUTES = ['town', 'generated'] as const;
/** Values of the key `state`. */
export const SCOOTER_STATES = [...(Object.keys(RIDE_STATES) as RideStateName[]), 'asleep'] as const;
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
