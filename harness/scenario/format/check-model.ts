import { wrongValue, type Finding } from '../../../client/config/finding.ts';
import type { Typed } from '../../../client/config/key.ts';
import type { Overrides } from '../../../client/config/schema.ts';
import { oneOf } from '../../../client/config/values.ts';
import { canHaveQuirk, QUIRKS } from '../../../simulator/firmware/named-quirks.ts';
import type { ScooterModel } from '../../../simulator/models/model.ts';
import { findModel, hasLogin, UnknownModelError } from '../../../simulator/models/models.ts';
import { describeModes, modeCodes } from '../../../simulator/models/modes.ts';
import type { SCOOTER } from './scooter-schema.ts';

type ScooterKeys = Partial<Typed<typeof SCOOTER.keys>>;

/** Selects the model of a scenario; it is undefined if the model, its generation or its advertisement does not exist. */
export function selectModel(
  scooter: ScooterKeys,
  header: string,
): { model: ScooterModel | undefined; findings: Finding[] } {
  const { model, ...choice } = scooter;
  if (model === undefined) return { model, findings: [] };
  try {
    const selected = findModel(model, choice);
    return { model: selected, findings: checkValues(selected, scooter, header) };
  } catch (error) {
    if (!(error instanceof UnknownModelError)) throw error;
    const { key, choices, of } = error;
    const quoted = choices.map((choice) => `"${choice}"`).join(' or ');
    const expected = of === undefined ? oneOf(...choices).expects : `${quoted}, as ${of} has`;
    return { model: undefined, findings: [wrongValue([header, key], expected, scooter[key])] };
  }
}

/** Values that the model of a scenario cannot have. */
function checkValues(model: ScooterModel, { mode, quirks = [] }: ScooterKeys, header: string): Finding[] {
  const hasMode = mode === undefined || modeCodes(model).includes(mode);
  return [
    ...(hasMode ? [] : [wrongValue([header, 'mode'], describeModes(model), mode)]),
    ...quirks.flatMap((name, index): Finding[] => {
      if (canHaveQuirk(model, name)) return [];
      const required = QUIRKS[name].generations?.join(' or ');
      const expected = `a quirk that the generation "${model.generation}" can have ("${name}" requires ${required})`;
      return [wrongValue([header, 'quirks', index], expected, name)];
    }),
  ];
}

/** What a scenario says of pairing and login although the generation of its scooter has none. */
export function checkLogin(
  model: ScooterModel | undefined,
  { paired }: ScooterKeys,
  client: Overrides,
  headers: { readonly scooter: string; readonly client: string },
): Finding[] {
  if (model === undefined || hasLogin(model)) return [];
  const generation = `the generation "${model.generation}"`;
  const authentication = client.scooter?.authentication;
  const neverPaired = `true or false (${generation} has no pairing, so that "never" requires generation = "miauth")`;
  const loginRequired = `authentication = "optional" or no such line (${generation} has no login)`;
  return [
    ...(paired === 'never' ? [wrongValue([headers.scooter, 'paired'], neverPaired, paired)] : []),
    ...(authentication === 'required'
      ? [wrongValue([headers.client, 'scooter', 'authentication'], loginRequired, authentication)]
      : []),
  ];
}
