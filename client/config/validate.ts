import { isTable, type Table } from './document.ts';
import { wrongValue, type Finding } from './finding.ts';
import { isRequired, type Section } from './key.ts';
import { nearestKey, nearestWord, type KnownKey } from './suggestions.ts';
import { findSpelling, readKeys } from './read-keys.ts';
import type { Path } from './positions.ts';
import { brokenRules } from './rules.ts';
import { SECTIONS } from './schema.ts';

const NAMES = Object.keys(SECTIONS);

const KNOWN_KEYS: readonly KnownKey[] = Object.entries(SECTIONS).flatMap(([section, { keys }]) =>
  Object.keys(keys).map((name) => ({ name, section, location: `in [${section}]` })),
);

/**
 * Checks a whole document against the table of keys. Without findings, `values` is the typed configuration, except that
 * relative paths are not resolved.
 * @param writtenAt the value at a path as the file has it, unless it is a text
 */
export function validate(
  document: Table,
  writtenAt: (path: Path) => string | undefined,
): { values: Record<string, Table>; findings: Finding[] } {
  const values: Record<string, Table> = {};
  const findings = unknownAtTop(document);
  const valueIn = (section: string, key: string): unknown => {
    const table = document[section];
    return isTable(table) ? table[key] : undefined;
  };
  for (const [name, section] of Object.entries<Section>(SECTIONS)) {
    const written = findSpelling(name, document, SECTIONS, (other) => suggestSection(other, document[other]));
    const table = document[written] ?? (section.ifMissing === 'defaults' ? {} : undefined);
    if (isTable(table)) {
      const path = [written];
      const suggest = (key: string): string | undefined => nearestKey(key, name, KNOWN_KEYS);
      const read = readKeys(section.keys, table, { path, suggest, valueIn, written: writtenAt });
      values[name] = read.typed;
      findings.push(...read.findings, ...brokenRules(name, read.valid, path));
    } else if (table !== undefined) {
      findings.push(wrongValue([name], `a section [${name}]`, table));
    } else if (section.ifMissing === 'error') {
      const expected = `a section [${name}] with ${requiredKeys(section)}`;
      findings.push({ kind: 'missing', path: [name], expected });
    }
  }
  return { values, findings };
}

function unknownAtTop(document: Table): Finding[] {
  const expected = `one of the sections ${NAMES.map((name) => `[${name}]`).join(', ')}`;
  const unknown = Object.entries(document).filter(([name]) => !Object.hasOwn(SECTIONS, name));
  return unknown.map(([name, value]) => {
    const section = suggestSection(name, value);
    const nearest = section === undefined ? nearestKey(name, undefined, KNOWN_KEYS) : `[${section}]`;
    return { kind: 'unknown', path: [name], expected, nearest };
  });
}

function suggestSection(unknown: string, value: unknown): string | undefined {
  return isTable(value) ? nearestWord(unknown, NAMES) : undefined;
}

function requiredKeys({ keys }: Section): string {
  return Object.entries(keys)
    .flatMap(([name, key]) => (isRequired(key) ? name : []))
    .join(' and ');
}
