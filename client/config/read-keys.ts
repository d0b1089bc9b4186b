import type { Table } from './document.ts';
import { wrongValue, type Finding } from './finding.ts';
import type { Key } from './key.ts';
import { nearestWord } from './suggestions.ts';
import type { Path } from './positions.ts';
import type { ValueKind } from './values.ts';

/** What is known about a table of keys from outside it. */
interface TableContext {
  /** Its path in the file. */
  readonly path: Path;
  /** Suggests a key for an unknown one: just its name if it belongs to this table, else with its location. */
  readonly suggest: (unknown: string) => string | undefined;
}

/** The result of checking a table. */
interface Reading {
  /** The valid values, typed and under their field names. */
  readonly typed: Record<string, unknown>;
  /** The valid values as written. */
  readonly valid: Record<string, unknown>;
  readonly findings: Finding[];
}

/**
 * Checks one table against its keys. The value of a misspelt key is checked as that of the key it resembles, so that
 * all errors are reported at once.
 */
export function readKeys(
  keys: Readonly<Record<string, Key>>,
  table: Table,
  { path, suggest }: TableContext,
): Reading {
  const typed: Record<string, unknown> = {};
  const valid: Record<string, unknown> = {};
  const findings = unknownKeys(keys, table, { path, suggest });
  for (const [key, { field, kind, derived, secret, ...spec }] of Object.entries(keys)) {
    const written = findSpelling(key, table, keys, suggest);
    const source = derived && valid[derived.key];
    // A default that is derived from an invalid key is not reported as missing: that would be two errors for one.
    if (derived && source === undefined && table[written] === undefined) continue;
    const value = table[written] ?? spec.default ?? derived?.from(String(source));
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
      findings.push(
        secret ? { kind: 'value', path: at, expected: kind.expects } : wrongWord(kind, value, at),
      );
    }
  }
  return { typed, valid, findings };
}

/** The name under which `name` is in `table`: its own, or else an unknown one that resembles it. */
export function findSpelling(
  name: string,
  table: Table,
  known: object,
  suggest: (unknown: string) => string | undefined,
): string {
  if (Object.hasOwn(table, name)) return name;
  return Object.keys(table).find((other) => !Object.hasOwn(known, other) && suggest(other) === name) ?? name;
}

function unknownKeys(keys: object, table: Table, { path, suggest }: TableContext): Finding[] {
  const unknown = Object.keys(table).filter((key) => !Object.hasOwn(keys, key));
  const expected = `one of ${Object.keys(keys).join(', ')}`;
  return unknown.map((key) => ({ kind: 'unknown', path: [...path, key], expected, nearest: suggest(key) }));
}

/** A wrong value, with the choice that it is probably a misspelling of. */
function wrongWord({ choices = [], expects }: ValueKind<unknown>, value: unknown, path: Path): Finding {
  const word = typeof value === 'string' ? nearestWord(value, choices) : undefined;
  return {
    ...wrongValue(path, expects, value),
    ...(word !== undefined && { nearest: JSON.stringify(word) }),
  };
}
