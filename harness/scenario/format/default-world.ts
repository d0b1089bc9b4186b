import type { Section } from '../../../client/config/key.ts';
import type { Scenario } from './scenario.ts';
import { WORLD, type WorldSection } from './schema.ts';

/** The world of a scenario file that says nothing of it, apart from the scooter. */
export const DEFAULT_WORLD = Object.fromEntries(
  Object.entries<Section>(WORLD)
    .filter(([name]) => name !== 'scooter')
    .map(([name, { keys }]) => [name, defaultsOf(keys)]),
) as unknown as Pick<Scenario, Exclude<WorldSection, 'scooter'>>;

function defaultsOf(keys: Section['keys']): Record<string, unknown> {
  return Object.fromEntries(
    Object.values(keys).flatMap(({ field, kind, default: value }) =>
      value === undefined ? [] : [[field, kind.schema.parse(value)]],
    ),
  );
}
