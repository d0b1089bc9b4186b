import { wrongValue, type Finding } from '../../../client/config/finding.ts';
import type { Typed } from '../../../client/config/key.ts';
import type { Overrides } from '../../../client/config/schema.ts';
import { oneOf } from '../../../client/config/values.ts';
import type { ScooterModel } from '../../../simulator/models/model.ts';
import { findModel, hasLogin, UnknownModelError } from '../../../simulator/models/models.ts';
import { modeCodes } from '../../../simulator/ride/mode-limits.ts';
import type { SCOOTER } from './schema.ts';

type ScooterKeys = Partial<Typed<typeof SCOOTER.keys>>;

/** Selects the model of a scenario; it is undefined if the model, its generation or its advertisement does not exist. Checks its mode. */
export function selectModel(
  scooter: ScooterKeys,
  header: string,
): { model: ScooterModel | undefined; findings: Finding[] } {
  const { model, mode, ...choice } = scooter;
  if (model === undefined) return { model, findings: [] };
  try {
    const selected = findModel(model, choice);
    const codes = modeCodes(selected);
    const hasMode = mode === undefined || codes.includes(mode);
    const findings = hasMode ? [] : [wrongValue([header, 'mode'], codes.join(' or '), mode)];
    return { model: selected, findings };
  } catch (error) {
    if (!(error instanceof UnknownModelError)) throw error;
    const { key, choices } = error;
    return {
      model: undefined,
      findings: [wrongValue([header, key], oneOf(...choices).expects, scooter[key])],
    };
  }
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
