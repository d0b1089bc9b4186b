import type { Key, Section } from '../../../client/config/key.ts';
import { integer, number, oneOf } from '../../../client/config/values.ts';
import type { ValueKind } from '../../../client/config/values.ts';
import { MODELS } from '../../../simulator/ride/models.ts';
import type { ModelId } from '../../../simulator/ride/models.ts';
import type { Fault } from '../faults/fault.ts';
import { GUARANTEE_IDS } from '../../guarantees/ids.ts';
import { duration, line, listOf, yesOrNo } from './values.ts';

/** Faults by their names. */
export type Faults = Readonly<Record<string, Fault>>;

/** Seeds are 32 bits wide; from here on they would only come round again. */
const MAX_SEED = 2 ** 31 - 1;
/** No timer waits longer than 2^31 ms, which is 24.8 days. */
const MAX_DURATION_S = 24 * 86_400;
/** Nobody asks a phone for the scooter for longer than this. */
const MAX_RETURN_DELAY_S = 600;
/** The odometer is a 32-bit register of metres, and there is some way to go. */
const MAX_ODOMETER_M = 4_000_000_000;
const MAX_EXIT_CODE = 255;
const MAX_COUNT = 1_000_000_000;

const count = (unit: string): ValueKind<number> => integer(unit, 0, MAX_COUNT);

/** Keys above the first section. */
export const TOP = {
  about: 'The story as a whole.',
  ifMissing: 'error',
  keys: {
    title: { field: 'title', kind: line('a line of text'), about: 'What happens, in a few words.' },
    seed: {
      field: 'seed',
      kind: integer('', 0, MAX_SEED),
      default: 1,
      about: 'All chance follows from it: the same seed gives the same run. `--seed` takes its place.',
    },
    duration: {
      field: 'durationMs',
      kind: duration(1, MAX_DURATION_S),
      about: 'How long the story lasts.',
    },
  },
} as const satisfies Section;

/** Keys of `[scooter]`. */
export const SCOOTER = {
  about: 'The scooter that the story is about.',
  ifMissing: 'defaults',
  keys: {
    model: {
      field: 'model',
      kind: oneOf(...(Object.keys(MODELS) as ModelId[])),
      default: 'pro2',
      about: 'Which scooter it is.',
    },
    paired: {
      field: 'paired',
      kind: yesOrNo(),
      default: true,
      about: 'Whether the client has its token.',
    },
    on: {
      field: 'on',
      kind: yesOrNo(),
      default: true,
      about:
        'Whether it is switched on when the story begins; else the end of a `scooter.off` switches it on.',
    },
    odometer_m: {
      field: 'odometerM',
      kind: integer('metres', 0, MAX_ODOMETER_M),
      default: 1_306_083,
      about: 'What it had ridden before.',
    },
    percent: {
      field: 'percent',
      kind: number('percent', 0, 100),
      default: 100,
      about: 'Its charge when the story begins; at 10 % it stands still.',
    },
    return_delay: {
      field: 'returnDelayMs',
      kind: duration(0, MAX_RETURN_DELAY_S),
      default: '1 s',
      about: 'For how long it cannot be found after a connection has ended.',
    },
  },
} as const satisfies Section;

/** The id of a guarantee. */
export const GUARANTEE = oneOf(...GUARANTEE_IDS);

/** Keys of `[expect]`. */
export const EXPECT = {
  about: 'What the run must show.',
  ifMissing: 'defaults',
  keys: {
    guarantees: {
      field: 'guarantees',
      kind: listOf(GUARANTEE),
      optional: true,
      about: 'Which of the guarantees below have to hold; all of them unless said.',
    },
    logins: {
      field: 'logins',
      kind: count('logins'),
      optional: true,
      about: 'How many logins the scooter accepted.',
    },
    links: {
      field: 'links',
      kind: count('connections'),
      optional: true,
      about: 'How many connections the scooter had.',
    },
    starts: {
      field: 'starts',
      kind: count('starts'),
      optional: true,
      about: 'How often the client was started.',
    },
    exit: {
      field: 'exit',
      kind: integer('', 0, MAX_EXIT_CODE),
      optional: true,
      about: 'What the client ended with the first time.',
    },
    samples: {
      field: 'samples',
      kind: count('samples'),
      optional: true,
      about: 'How many different samples reached the broker, at least.',
    },
    recovered_by: {
      field: 'recoveredByMs',
      kind: duration(0, MAX_DURATION_S),
      optional: true,
      about:
        'From then until the end, samples reach the broker as regularly as the client is told to send them.',
    },
  },
} as const satisfies Section;

/** Keys of every `[[step]]`, whatever its fault. */
export const STEP = {
  at: {
    field: 'atMs',
    kind: duration(0, MAX_DURATION_S),
    about: 'When it begins, counted from the beginning of the story.',
  },
  fault: { field: 'fault', kind: line('the name of a fault'), about: 'What goes wrong.' },
  for: {
    field: 'forMs',
    kind: duration(0.001, MAX_DURATION_S),
    about: 'How long it lasts; not for a fault that is over at once.',
  },
  every: {
    field: 'everyMs',
    kind: duration(0.001, MAX_DURATION_S),
    optional: true,
    about: 'Again and again until the story ends, from one beginning to the next; longer than it lasts.',
  },
} as const satisfies Readonly<Record<string, Key>>;

/** The key `fault` with the faults that there are. */
export function faultKey(faults: Faults): Key {
  return { ...STEP.fault, kind: oneOf(...Object.keys(faults)) };
}

/** The parameters of a fault, as keys. */
export function parameterKeys({ parameters }: Fault): Readonly<Record<string, Key>> {
  return Object.fromEntries(
    Object.entries(parameters).map(([name, parameter]) => [name, { field: name, ...parameter }]),
  );
}
