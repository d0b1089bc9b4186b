import { nearestKey, nearestSection } from './nearest.ts';
import { echo } from './report.ts';
import type { Problem } from './report.ts';
import { RULES } from './rules.ts';
import { isRequired } from './key.ts';
import { SECTIONS } from './schema.ts';
import type { Section } from './key.ts';

/** A TOML table as smol-toml reads it. */
export type Table = Readonly<Record<string, unknown>>;

/** A mistake before its place is known; `related` is another key that has a part in it. */
export interface Finding extends Omit<Problem, 'at' | 'key'> {
  readonly path: readonly string[];
  readonly related?: readonly string[];
}

/** Whether `value` is a table and neither an array nor a date. */
export function isTable(value: unknown): value is Table {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Date);
}

/**
 * Checks a whole document against the table of keys. With no findings, `values` is the typed configuration but
 * for the relative paths in it. What is misspelt is checked as what was meant by it, or its other mistakes would
 * only show once its name is right.
 */
export function validate(document: Table): { values: Record<string, Table>; findings: Finding[] } {
  const values: Record<string, Table> = {};
  const findings = unknownAtTop(document);
  for (const [name, section] of Object.entries<Section>(SECTIONS)) {
    const written = spelling(name, document, SECTIONS, (other) =>
      isTable(document[other]) ? nearestSection(other) : undefined,
    );
    const table = document[written] ?? (section.absence === 'defaults' ? {} : undefined);
    if (isTable(table)) {
      const read = readSection(name, section, table, written);
      values[name] = read.typed;
      findings.push(...read.findings);
    } else if (table !== undefined) {
      findings.push({ kind: 'value', path: [name], expected: `a section [${name}]`, got: echo(table) });
    } else if (section.absence === 'mistake') {
      const expected = `a section [${name}] with ${requiredKeys(section)}`;
      findings.push({ kind: 'missing', path: [name], expected });
    }
  }
  return { values, findings };
}

/** The valid keys of one section, typed and under their typed names, and what is wrong with the others. */
function readSection(name: string, { keys }: Section, table: Table, written: string) {
  const typed: Record<string, unknown> = {};
  const valid: Record<string, unknown> = {};
  const findings = unknownKeys(name, keys, table, written);
  for (const [key, { field, kind, derived, secret, ...spec }] of Object.entries(keys)) {
    const writtenKey = spelling(key, table, keys, (other) => nearestKey(other, name));
    const source = derived && valid[derived.key];
    // A default that follows from a wrong key is not missing: that is one mistake, not two.
    if (derived && source === undefined && table[writtenKey] === undefined) continue;
    const value = table[writtenKey] ?? spec.default ?? derived?.from(String(source));
    const path = [written, writtenKey];
    if (value === undefined && spec.optional) continue;
    if (value === undefined) {
      findings.push({ kind: 'missing', path, expected: kind.expects });
      continue;
    }
    const result = kind.schema.safeParse(value);
    if (result.success) {
      valid[key] = value;
      typed[field] = result.data;
    } else {
      findings.push({ kind: 'value', path, expected: kind.expects, got: secret ? undefined : echo(value) });
    }
  }
  return { typed, findings: [...findings, ...brokenRules(name, valid, written)] };
}

/** The name under which `name` stands in `table`: its own, or else an unknown one that was meant to be it. */
function spelling(
  name: string,
  table: Table,
  known: object,
  meant: (unknown: string) => string | undefined,
): string {
  if (Object.hasOwn(table, name)) return name;
  return Object.keys(table).find((other) => !Object.hasOwn(known, other) && meant(other) === name) ?? name;
}

function unknownAtTop(document: Table): Finding[] {
  const sections = Object.keys(SECTIONS).map((name) => `[${name}]`);
  const strangers = Object.entries(document).filter(([name]) => !Object.hasOwn(SECTIONS, name));
  return strangers.map(([name, value]) => {
    const section = isTable(value) ? nearestSection(name) : undefined;
    const nearest = section === undefined ? nearestKey(name, undefined) : `[${section}]`;
    return { kind: 'unknown', path: [name], expected: `one of the sections ${sections.join(', ')}`, nearest };
  });
}

function unknownKeys(name: string, known: Section['keys'], table: Table, written: string): Finding[] {
  const strangers = Object.keys(table).filter((key) => !Object.hasOwn(known, key));
  const expected = `one of ${Object.keys(known).join(', ')}`;
  return strangers.map((key) => ({
    kind: 'unknown',
    path: [written, key],
    expected,
    nearest: nearestKey(key, name),
  }));
}

/** Rules are asked only about keys that are valid each by itself. */
function brokenRules(name: string, valid: Table, written: string): Finding[] {
  return RULES.flatMap(({ section, keys: [first, second], evenAlone, expects }): Finding[] => {
    if (section !== name || valid[first] === undefined) return [];
    if (valid[second] === undefined && !evenAlone) return [];
    const expected = expects(valid);
    if (expected === undefined) return [];
    const related = [written, second];
    return [{ kind: 'value', path: [written, first], related, expected, got: echo(valid[first]) }];
  });
}

function requiredKeys({ keys }: Section): string {
  return Object.entries(keys)
    .flatMap(([name, key]) => (isRequired(key) ? name : []))
    .join(' and ');
}
