import { type AdvertisementVariant, GENERATIONS, type Generation } from '../../protocol/advertisement.ts';
import { ONE_S, ONE_S_DE } from './1s.ts';
import { valuesOf } from './fact.ts';
import { LITE } from './lite.ts';
import { M365 } from './m365.ts';
import { MI_3 } from './mi3.ts';
import type { ModelData, ModelFacts, ScooterModel } from './model.ts';
import { PRO } from './pro.ts';
import { PRO_2 } from './pro2.ts';

/** Models with the evidence of each value, by the id that scenarios and command lines use. */
export const MODEL_DATA = {
  m365: M365,
  pro: PRO,
  '1s': ONE_S,
  '1s-de': ONE_S_DE,
  lite: LITE,
  pro2: PRO_2,
  mi3: MI_3,
} as const satisfies Record<string, ModelData>;

export type ModelId = keyof typeof MODEL_DATA;

/** A model in its default generation, and each of its generations. */
export interface AnyGeneration extends ScooterModel {
  readonly generations: Partial<Readonly<Record<Generation, ScooterModel>>>;
}

function scooterModel(name: string, generation: Generation, facts: ModelFacts): ScooterModel {
  const values = valuesOf(facts);
  return {
    ...values,
    name,
    generation,
    advertisement: values.advertisements[0] ?? 'manufacturer',
    topSpeedKmh: Math.max(...Object.values(values.modes).map(({ limitKmh }) => limitKmh)),
  };
}

function allGenerations(data: ModelData): AnyGeneration {
  const { name, defaultGeneration } = data;
  const models = GENERATIONS.flatMap((generation) => {
    const facts = data.generations[generation];
    return facts ? [scooterModel(name, generation, facts)] : [];
  });
  const model = models.find(({ generation }) => generation === defaultGeneration);
  if (!model) throw new Error(`${name} has no facts of its default generation`);
  return { ...model, generations: Object.fromEntries(models.map((each) => [each.generation, each])) };
}

/** Models by id, in their default generation; `generations` has the others. */
export const MODELS = Object.fromEntries(
  Object.entries(MODEL_DATA).map(([id, data]) => [id, allGenerations(data)]),
) as Readonly<Record<ModelId, AnyGeneration>>;

const ALIASES: ReadonlyMap<string, ModelId> = new Map(
  (Object.entries(MODEL_DATA) as [ModelId, ModelData][]).flatMap(([id, { aliases = [] }]) =>
    aliases.map((alias): [string, ModelId] => [alias, id]),
  ),
);

/** All ids that select a model. */
export const MODEL_IDS: readonly string[] = [...Object.keys(MODELS), ...ALIASES.keys()];

/** Whether scooters of a generation are paired with, and offer a login with the token of the pairing. */
export function hasLogin({ generation }: Pick<ScooterModel, 'generation'>): boolean {
  return generation === 'miauth';
}

/** What to select besides the id of a model. */
export interface ModelChoice {
  /** Default: that of the model. */
  readonly generation?: Generation | undefined;
  /** Default: the first one of the generation. */
  readonly advertisement?: AdvertisementVariant | undefined;
}

/** An id, a generation or an advertisement that does not exist. */
export class UnknownModelError extends Error {
  /** The part that was not found. */
  readonly key: 'model' | keyof ModelChoice;
  /** What exists instead. */
  readonly choices: readonly string[];
  /** What limits the choices, such as `the Mi 3`; undefined if nothing does. */
  readonly of: string | undefined;

  constructor(what: string, key: UnknownModelError['key'], choices: readonly string[], of?: string) {
    super(`${what}: expected ${choices.join(' or ')}`);
    this.key = key;
    this.choices = choices;
    this.of = of;
  }
}

/**
 * Selects one generation of a model.
 * @param id an id of `MODEL_IDS`
 * @throws UnknownModelError
 */
export function findModel(id: string, choice: ModelChoice = {}): ScooterModel {
  const models: Readonly<Record<string, AnyGeneration | undefined>> = MODELS;
  const known = models[ALIASES.get(id) ?? id];
  if (!known) throw new UnknownModelError(`no model is called "${id}"`, 'model', MODEL_IDS);
  const { generations, name } = known;
  const model = generations[choice.generation ?? known.generation];
  if (!model) {
    const existing = Object.keys(generations);
    const what = `no ${name} has the generation ${choice.generation}`;
    throw new UnknownModelError(what, 'generation', existing, `the ${name}`);
  }
  const { advertisements, generation } = model;
  const { advertisement = model.advertisement } = choice;
  if (!advertisements.includes(advertisement)) {
    const what = `no ${name} of the generation ${generation} has the advertisement ${advertisement}`;
    const of = `the ${name} of the generation "${generation}"`;
    throw new UnknownModelError(what, 'advertisement', advertisements, of);
  }
  return { ...model, advertisement };
}
