import type { Key } from './key.ts';
import { nearestWord } from './nearest.ts';
import type { Path } from './positions.ts';
import { echo } from './report.ts';
import type { Problem } from './report.ts';
import type { ValueKind } from './values.ts';

/** A TOML table as smol-toml reads it. */
export type Table = Readonly<Record<string, unknown>>;

/** A mistake before its place is known; `related` is another key that has a part in it. */
export interface Finding extends Omit<Problem, 'at' | 'key'> {
  readonly path: Path;
  readonly related?: Path;
}

/** What is around a table of keys. */
interface Surroundings {
  /** Where it stands in the file. */
  readonly path: Path;
  /** Which key an unknown one was meant to be, and where that belongs if it is not one of these. */
  readonly meant: (unknown: string) => string | undefined;
  /** What else may stand beside these keys. */
  readonly others?: readonly string[];
  /** Values that hold where the file does not say otherwise, before the defaults. */
  readonly given?: Table;
}

/** What has been made of a table. */
interface Reading {
  /** The valid values, typed and under their typed names. */
  readonly typed: Record<string, unknown>;
  /** The valid values as they were written. */
  readonly valid: Record<string, unknown>;
  readonly findings: Finding[];
}

/** Whether `value` is a table and neither an array nor a date. */
export function isTable(value: unknown): value is Table {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Date);
}

/**
 * Checks one table against the keys that it may have. What is misspelt is checked as what was meant by it, or its
 * other mistakes would only show once its name is right.
 */
export function readKeys(
  keys: Readonly<Record<string, Key>>,
  table: Table,
  surroundings: Surroundings,
): Reading {
  const { path, meant, given = {} } = surroundings;
  const typed: Record<string, unknown> = {};
  const valid: Record<string, unknown> = {};
  const findings = unknownKeys(keys, table, surroundings);
  for (const [key, { field, kind, derived, secret, ...spec }] of Object.entries(keys)) {
    const written = spelling(key, table, keys, meant);
    const source = derived && valid[derived.key];
    // A default that follows from a wrong key is not missing: that is one mistake, not two.
    if (derived && source === undefined && table[written] === undefined) continue;
    const value = table[written] ?? given[key] ?? spec.default ?? derived?.from(String(source));
    if (value === undefined && spec.optional) continue;
    const at = [...path, written];
    if (value === undefined) {
      findings.push({ kind: 'missing', path: at, expected: kind.expects });
      continue;
    }
    const result = kind.schema.safeParse(value);
    if (result.success) {
      valid[key] = value;
      typed[field] = result.data;
    } else {
      const wrong = wrongValues(kind, value, at);
      findings.push(...(secret ? wrong.map(withoutValue) : wrong));
    }
  }
  return { typed, valid, findings };
}

/** The name under which `name` stands in `table`: its own, or else an unknown one that was meant to be it. */
export function spelling(
  name: string,
  table: Table,
  known: object,
  meant: (unknown: string) => string | undefined,
): string {
  if (Object.hasOwn(table, name)) return name;
  return Object.keys(table).find((other) => !Object.hasOwn(known, other) && meant(other) === name) ?? name;
}

function unknownKeys(keys: object, table: Table, { path, meant, others = [] }: Surroundings): Finding[] {
  const strangers = Object.keys(table).filter((key) => !Object.hasOwn(keys, key));
  const expected = `one of ${[...Object.keys(keys), ...others].join(', ')}`;
  return strangers.map((key) => ({ kind: 'unknown', path: [...path, key], expected, nearest: meant(key) }));
}

/** The value, or those of its elements that are wrong. */
function wrongValues(kind: ValueKind<unknown>, value: unknown, path: Path): Finding[] {
  const { element, choices = [], expects } = kind;
  if (element && Array.isArray(value)) {
    return value.flatMap((part, index) =>
      element.schema.safeParse(part).success ? [] : wrongValues(element, part, [...path, index]),
    );
  }
  const word = typeof value === 'string' ? nearestWord(value, choices) : undefined;
  const nearest = word === undefined ? undefined : JSON.stringify(word);
  return [{ kind: 'value', path, expected: expects, got: echo(value), nearest }];
}

function withoutValue(finding: Finding): Finding {
  return { ...finding, got: undefined, nearest: undefined };
}
