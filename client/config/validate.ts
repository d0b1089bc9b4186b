import { isRequired } from './key.ts';
import type { Section } from './key.ts';
import { configKeys, nearestKey, nearestSection } from './nearest.ts';
import { isTable, readKeys, spelling } from './read-keys.ts';
import type { Finding, Table } from './read-keys.ts';
import { dotted, echo } from './report.ts';
import { RULES } from './rules.ts';
import { SECTIONS } from './schema.ts';
import type { Overrides } from './schema.ts';

/** A configuration that is part of something else. */
interface Situation {
  /** Keys of the table that its sections stand in; none in a file of its own. */
  readonly above?: readonly string[];
  /** Values that hold where the document does not say otherwise, before the defaults. */
  readonly given?: Overrides;
}

/**
 * Checks a whole document against the table of keys. With no findings, `values` is the typed configuration but
 * for the relative paths in it.
 */
export function validate(
  document: Table,
  { above = [], given = {} }: Situation = {},
): { values: Record<string, Table>; findings: Finding[] } {
  const header = (section: string): string => `[${dotted([...above, section])}]`;
  const known = configKeys(header);
  const elsewhere: Table = given;
  const values: Record<string, Table> = {};
  const findings = unknownAtTop(document, above, header);
  for (const [name, section] of Object.entries<Section>(SECTIONS)) {
    const written = spelling(name, document, SECTIONS, (other) =>
      isTable(document[other]) ? nearestSection(other) : undefined,
    );
    const assumed = elsewhere[name];
    const table = document[written] ?? (assumed || section.absence === 'defaults' ? {} : undefined);
    if (isTable(table)) {
      const path = [...above, written];
      const meant = (key: string): string | undefined => nearestKey(key, name, known);
      const read = readKeys(section.keys, table, { path, meant, given: isTable(assumed) ? assumed : {} });
      values[name] = read.typed;
      findings.push(...read.findings, ...brokenRules(name, read.valid, path));
    } else if (table !== undefined) {
      const expected = `a section ${header(name)}`;
      findings.push({ kind: 'value', path: [...above, name], expected, got: echo(table) });
    } else if (section.absence === 'mistake') {
      const expected = `a section ${header(name)} with ${requiredKeys(section)}`;
      findings.push({ kind: 'missing', path: [...above, name], expected });
    }
  }
  return { values, findings };
}

function unknownAtTop(
  document: Table,
  above: readonly string[],
  header: (section: string) => string,
): Finding[] {
  const expected = `one of the sections ${Object.keys(SECTIONS).map(header).join(', ')}`;
  const strangers = Object.entries(document).filter(([name]) => !Object.hasOwn(SECTIONS, name));
  return strangers.map(([name, value]) => {
    const section = isTable(value) ? nearestSection(name) : undefined;
    const nearest = section === undefined ? nearestKey(name, undefined, configKeys(header)) : header(section);
    return { kind: 'unknown', path: [...above, name], expected, nearest };
  });
}

/** Rules are asked only about keys that are valid each by itself. */
function brokenRules(name: string, valid: Table, path: readonly string[]): Finding[] {
  return RULES.flatMap(({ section, keys: [first, second], evenAlone, expects }): Finding[] => {
    if (section !== name || valid[first] === undefined) return [];
    if (valid[second] === undefined && !evenAlone) return [];
    const expected = expects(valid);
    if (expected === undefined) return [];
    const related = [...path, second];
    return [{ kind: 'value', path: [...path, first], related, expected, got: echo(valid[first]) }];
  });
}

function requiredKeys({ keys }: Section): string {
  return Object.entries(keys)
    .flatMap(([name, key]) => (isRequired(key) ? name : []))
    .join(' and ');
}
