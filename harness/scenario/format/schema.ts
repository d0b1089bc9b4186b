import type { Key, Section } from '../../../client/config/key.ts';
import { integer, oneOf } from '../../../client/config/values.ts';
import type { ValueKind } from '../../../client/config/values.ts';
import { DEFAULT_RADIO_MODEL, RADIO_MODELS, type RadioModelName } from '../../world/radio/radio-model.ts';
import type { Fault } from '../faults/fault.ts';
import { GUARANTEE_IDS } from '../../guarantees/ids.ts';
import { MOMENT_NAMES, MOMENTS } from './moments.ts';
import { sampleCondition } from './sample-condition.ts';
import { SCOOTER } from './scooter-schema.ts';
import { duration, lineOfText, listOf, MAX_DURATION_S } from './values.ts';
import { AIR, BROKER, CLOCK, GPS } from './world-schema.ts';

/** Faults by name. */
export type Faults = Readonly<Record<string, Fault>>;

/** Seeds are non-negative signed 32-bit integers. */
const MAX_SEED = 2 ** 31 - 1;
const MAX_EXIT_CODE = 255;
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
