import { isTable } from '../../../client/config/document.ts';
import { nearestKey, nearestWord } from '../../../client/config/suggestions.ts';
import type { KnownKey } from '../../../client/config/suggestions.ts';
import { SECTIONS as CLIENT_SECTIONS } from '../../../client/config/schema.ts';
import { EXPECT, GPS, SCOOTER, STEP, TOP_LEVEL } from './schema.ts';

/** Headers of the sections of a scenario. */
export const HEADERS = {
  scooter: '[scooter]',
  gps: '[gps]',
  client: '[client]',
  step: '[[step]]',
  expect: '[expect]',
} as const satisfies Record<string, string>;

export type SectionName = keyof typeof HEADERS;

const keysOf = (keys: object, section: string | undefined, location: string): KnownKey[] =>
  Object.keys(keys).map((name) => ({ name, section, location }));

/** Header of a section of the client's configuration in a scenario. */
export const clientHeader = (section: string): string => `[client.${section}]`;

const CLIENT_KEYS: readonly KnownKey[] = Object.entries(CLIENT_SECTIONS).flatMap(([section, { keys }]) =>
  keysOf(keys, clientHeader(section), `in ${clientHeader(section)}`),
);

/** All keys except those of `[[step]]`, which depend on the fault. */
const KEYS: readonly KnownKey[] = [
  ...keysOf(TOP_LEVEL.keys, undefined, 'above the first section'),
  ...keysOf(SCOOTER.keys, 'scooter', `in ${HEADERS.scooter}`),
  ...keysOf(GPS.keys, 'gps', `in ${HEADERS.gps}`),
  ...keysOf(EXPECT.keys, 'expect', `in ${HEADERS.expect}`),
  ...CLIENT_KEYS,
];

const STEP_KEYS = keysOf(STEP, 'step', `in ${HEADERS.step}`);

/** Suggests a key for an unknown one in `section`, or above the first section if that is undefined. */
export function suggestKey(unknown: string, section: SectionName | undefined): string | undefined {
  return nearestKey(unknown, section, [...KEYS, ...STEP_KEYS]);
}

/** Suggests a key for an unknown one in a step with the allowed `keys`. */
export function suggestStepKey(unknown: string, keys: object): string | undefined {
  return nearestKey(unknown, 'step', [...KEYS, ...keysOf(keys, 'step', '')]);
}

/** Suggests a section for an unknown name of a table or array. */
export function suggestSection(unknown: string, value: unknown): SectionName | undefined {
  if (!isTable(value) && !Array.isArray(value)) return undefined;
  const nearest = nearestWord(unknown, Object.keys(HEADERS));
  return nearest as SectionName | undefined;
}

/** Suggests a key or the header of a section for an unknown name above the first section. */
export function suggestTopLevel(unknown: string, value: unknown): string | undefined {
  const section = suggestSection(unknown, value);
  if (section) return HEADERS[section];
  const clientSection = suggestClientSection(unknown, value);
  return clientSection === undefined ? suggestKey(unknown, undefined) : clientHeader(clientSection);
}

/** Suggests a section of the client's configuration for an unknown name of a table. */
export function suggestClientSection(unknown: string, value: unknown): string | undefined {
  return isTable(value) ? nearestWord(unknown, Object.keys(CLIENT_SECTIONS)) : undefined;
}

/** Suggests a key for an unknown one in a section of the client's configuration, or above its sections. */
export function suggestClientKey(unknown: string, section: string | undefined): string | undefined {
  return nearestKey(unknown, section === undefined ? undefined : clientHeader(section), CLIENT_KEYS);
}
