import { isDeepStrictEqual } from 'node:util';
import { stringify } from 'smol-toml';
import type { Key } from '../../../client/config/key.ts';
import type { ValueKind } from '../../../client/config/values.ts';
import { findModel, hasLogin } from '../../../simulator/models/models.ts';
import { FAULTS } from '../faults/table.ts';
import { GUARANTEE_IDS } from '../../guarantees/ids.ts';
import type { Scenario, ScooterOptions, Step } from './scenario.ts';
import {
  EXPECT,
  parameterKeys,
  STEP,
  TOP_LEVEL,
  WORLD,
  WORLD_SECTIONS,
  type WorldSection,
} from './schema.ts';
import { SCOOTER } from './scooter-schema.ts';
import { formatDuration, formatMoment } from './values.ts';

type Table = Readonly<Record<string, unknown>>;

/** A scenario that may lack what has a default. */
export type ScenarioDraft = Omit<Scenario, WorldSection> & {
  readonly [Name in WorldSection]: Partial<Scenario[Name]>;
};

/**
 * Formats a scenario as the text of a file, without what is default. `readScenario` reads the same scenario from it.
 * @param comment lines above the title
 * @throws RangeError if a value is outside of the range that a file may contain, UnknownModelError if there is no such
 * scooter
 */
export function formatScenario(scenario: ScenarioDraft, comment: readonly string[] = []): string {
  const { title, seed, durationMs, radio, client, steps, expect } = scenario;
  const world = { ...scenario, scooter: withoutImpliedPairing(scenario.scooter) };
  const top = keysOf(TOP_LEVEL.keys, { title, seed, durationMs, radio });
  const sections = [
    ...WORLD_SECTIONS.map((name) => section(`[${name}]`, keysOf(WORLD[name].keys, world[name]))),
    ...Object.entries(client).map(([name, keys = {}]) => section(`[client.${name}]`, keys)),
    ...steps.map((step) => section('[[step]]', stepKeys(step))),
    section('[expect]', keysOf(EXPECT.keys, withoutAllGuarantees(expect))),
  ];
  const head = [...comment.map((line) => `# ${line}`), stringify(top).trim()].join('\n');
  return `${[head, ...sections.filter((text) => text !== undefined)].join('\n\n')}\n`;
}

function section(header: string, keys: Table): string | undefined {
  return Object.keys(keys).length === 0 ? undefined : `${header}\n${stringify(keys).trim()}`;
}

/** The keys whose values are not their defaults, as in a file. */
function keysOf(keys: Readonly<Record<string, Key>>, values: object): Table {
  const typed = new Map<string, unknown>(Object.entries(values));
  return Object.fromEntries(
    Object.entries(keys).flatMap(([name, { field, kind, default: defaultValue }]) => {
      const value = typed.get(field);
      const isDefault = defaultValue !== undefined && parses(kind, defaultValue, value);
      return value === undefined || isDefault ? [] : [[name, spellingOf(kind, value)]];
    }),
  );
}

function stepKeys({ atMs, fault, forMs, everyMs, trigger, values }: Step): Table {
  const { at, fault: name, for: duration, every, on, nth, wait } = STEP;
  return {
    ...keysOf({ at, fault: name, for: duration, every }, { atMs, fault, forMs, everyMs }),
    ...keysOf({ on, nth, wait }, trigger ?? {}),
    ...keysOf(parameterKeys(FAULTS[fault]), values),
  };
}

/** The text or number that a kind of value reads as `value`. */
function spellingOf(kind: ValueKind<unknown>, value: unknown): unknown {
  const spelling = spellingsOf(kind, value).find((candidate) => parses(kind, candidate, value));
  if (spelling === undefined)
    throw new RangeError(`No spelling of ${String(value)}: expected ${kind.expects}`);
  return spelling;
}

function spellingsOf({ element }: ValueKind<unknown>, value: unknown): unknown[] {
  if (typeof value === 'number') return [formatDuration(value), value, formatMoment(value)];
  if (element && Array.isArray(value)) return [value.map((each) => spellingOf(element, each))];
  // A condition keeps the text that it was read from.
  if (typeof value === 'object' && value !== null && 'text' in value) return [value.text];
  return [value];
}

function parses({ schema }: ValueKind<unknown>, spelling: unknown, value: unknown): boolean {
  const { success, data } = schema.safeParse(spelling);
  return success && isDeepStrictEqual(data, value);
}

/** Omits whether the scooter is paired, if its generation implies it. */
function withoutImpliedPairing(scooter: Partial<ScooterOptions>): Partial<ScooterOptions> {
  const { paired, ...others } = scooter;
  const { model = SCOOTER.keys.model.default } = scooter;
  return paired === hasLogin(findModel(model, scooter)) ? others : scooter;
}

function withoutAllGuarantees({ guarantees, ...expect }: Scenario['expect']): Partial<Scenario['expect']> {
  return guarantees.length === GUARANTEE_IDS.length ? expect : { ...expect, guarantees };
}
