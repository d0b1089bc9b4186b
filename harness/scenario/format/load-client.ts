import { isTable, type Table } from '../../../client/config/document.ts';
import { wrongValue, type Finding } from '../../../client/config/finding.ts';
import type { Section } from '../../../client/config/key.ts';
import { findSpelling, readKeys } from '../../../client/config/read-keys.ts';
import { brokenRules } from '../../../client/config/rules.ts';
import { SECTIONS, type Overrides } from '../../../client/config/schema.ts';
import { EXAMPLE } from './example-config.ts';
import { HEADERS, clientHeader, suggestClientKey, suggestClientSection } from './suggestions.ts';

/**
 * Checks the sections `[client.…]` of a scenario with the client's own schema. Required keys that a scenario omits
 * have the values of the example configuration.
 */
export function readClient(
  value: unknown = {},
  header: string,
): { overrides: Overrides; findings: Finding[] } {
  if (!isTable(value)) {
    return { overrides: {}, findings: [wrongValue([header], `a section ${HEADERS.client}`, value)] };
  }
  const example: Table = EXAMPLE;
  const findings = Object.entries<Section>(SECTIONS).flatMap(([name, section]): Finding[] => {
    const heading = findSpelling(name, value, SECTIONS, (other) => suggestClientSection(other, value[other]));
    const path = [header, heading];
    const table = value[heading] ?? {};
    if (!isTable(table)) return [wrongValue(path, `a section ${clientHeader(name)}`, table)];
    const suggest = (key: string): string | undefined => suggestClientKey(key, name);
    const isSet = (key: string): boolean =>
      table[findSpelling(key, table, section.keys, suggest)] !== undefined;
    const defaults = Object.entries(example[name] ?? {}).filter(([key]) => !isSet(key));
    const read = readKeys(
      section.keys,
      { ...table, ...Object.fromEntries<unknown>(defaults) },
      { path, suggest },
    );
    return [...read.findings, ...brokenRules(name, read.valid, path)];
  });
  return { overrides: value, findings: [...unknownSections(value, header), ...findings] };
}

function unknownSections(client: Table, header: string): Finding[] {
  const expected = `one of the sections ${Object.keys(SECTIONS).map(clientHeader).join(', ')}`;
  const unknown = Object.entries(client).filter(([name]) => !Object.hasOwn(SECTIONS, name));
  return unknown.map(([name, value]) => {
    const section = suggestClientSection(name, value);
    const nearest = section === undefined ? suggestClientKey(name, undefined) : clientHeader(section);
    return { kind: 'unknown', path: [header, name], expected, nearest };
  });
}
