import type { Key } from '../../../client/config/key.ts';
import { SECTIONS } from '../../../client/config/schema.ts';
import { lookUp, type Vocabulary } from '../../../client/config/toml-slips.ts';
import { FAULTS } from '../faults/table.ts';
import { EXPECT, GPS, SCOOTER, STEP, TOP_LEVEL, parameterKeys } from './schema.ts';
import { HEADERS, clientHeader } from './suggestions.ts';

type Keys = Readonly<Record<string, Key>>;

/** Parameters of all faults: which fault a line belongs to is not known before the file can be parsed. */
const PARAMETERS: Keys = Object.assign({}, ...Object.values(FAULTS).map(parameterKeys)) as Keys;

/** Keys by the name of their section. */
const KEYS: Readonly<Record<string, Keys>> = {
  '': TOP_LEVEL.keys,
  scooter: SCOOTER.keys,
  gps: GPS.keys,
  expect: EXPECT.keys,
  step: { ...PARAMETERS, ...STEP },
  ...Object.fromEntries(Object.entries(SECTIONS).map(([name, { keys }]) => [`client.${name}`, keys])),
};

/** Names that a scenario file may contain. */
export const VOCABULARY: Vocabulary = {
  headers: {
    ...HEADERS,
    ...Object.fromEntries(Object.keys(SECTIONS).map((name) => [`client.${name}`, clientHeader(name)])),
  },
  key: (section = '', key) => lookUp(KEYS, section, key),
};
