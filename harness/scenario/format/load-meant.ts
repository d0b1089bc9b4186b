import { isTable } from '../../../client/config/document.ts';
import { nearestKey, nearestWord } from '../../../client/config/nearest.ts';
import type { KnownKey } from '../../../client/config/nearest.ts';
import { SECTIONS as CLIENT_SECTIONS } from '../../../client/config/schema.ts';
import { EXPECT, SCOOTER, STEP, TOP } from './schema.ts';

/** The header of every section of a scenario. */
export const HEADERS = {
  scooter: '[scooter]',
  client: '[client]',
  step: '[[step]]',
  expect: '[expect]',
} as const satisfies Record<string, string>;

export type SectionName = keyof typeof HEADERS;

const keysOf = (keys: object, section: string | undefined, location: string): KnownKey[] =>
  Object.keys(keys).map((name) => ({ name, section, location }));

/** The header of a section of the client's configuration in a scenario. */
export const clientHeader = (section: string): string => `[client.${section}]`;

const CLIENT_KEYS: readonly KnownKey[] = Object.entries(CLIENT_SECTIONS).flatMap(([section, { keys }]) =>
  keysOf(keys, clientHeader(section), `in ${clientHeader(section)}`),
);

/** Keys of `[[step]]` are not among them: they differ from fault to fault. */
const KEYS: readonly KnownKey[] = [
  ...keysOf(TOP.keys, undefined, 'above the first section'),
  ...keysOf(SCOOTER.keys, 'scooter', `in ${HEADERS.scooter}`),
  ...keysOf(EXPECT.keys, 'expect', `in ${HEADERS.expect}`),
  ...CLIENT_KEYS,
];

const STEP_KEYS = keysOf(STEP, 'step', `in ${HEADERS.step}`);

/** The key that was meant by an unknown one in `section`; above the first one where that is undefined. */
export function meantKey(unknown: string, section: SectionName | undefined): string | undefined {
  return nearestKey(unknown, section, [...KEYS, ...STEP_KEYS]);
}

/** The key that was meant by an unknown one in a step that may have `keys`. */
export function meantStepKey(unknown: string, keys: object): string | undefined {
  return nearestKey(unknown, 'step', [...KEYS, ...keysOf(keys, 'step', '')]);
}

/** The section that was meant by the unknown key of a table, or of an array of them. */
export function meantSection(unknown: string, value: unknown): SectionName | undefined {
  if (!isTable(value) && !Array.isArray(value)) return undefined;
  const nearest = nearestWord(unknown, Object.keys(HEADERS));
  return nearest as SectionName | undefined;
}

/** What was meant by something unknown above the first section: a key, or the header of a section. */
export function meantAtTop(unknown: string, value: unknown): string | undefined {
  const section = meantSection(unknown, value);
  if (section) return HEADERS[section];
  const ofClient = meantClientSection(unknown, value);
  return ofClient === undefined ? meantKey(unknown, undefined) : clientHeader(ofClient);
}

/** The section of the client's configuration that was meant by the unknown name of a table. */
export function meantClientSection(unknown: string, value: unknown): string | undefined {
  return isTable(value) ? nearestWord(unknown, Object.keys(CLIENT_SECTIONS)) : undefined;
}

/** The key that was meant by an unknown one in a section of the client's configuration, or above its sections. */
export function meantClientKey(unknown: string, section: string | undefined): string | undefined {
  return nearestKey(unknown, section === undefined ? undefined : clientHeader(section), CLIENT_KEYS);
}
