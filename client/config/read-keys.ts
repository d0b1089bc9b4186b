import type { Table } from './document.ts';
import { wrongValue, type Finding } from './finding.ts';
import type { Key } from './key.ts';
import { nearestWord } from './suggestions.ts';
import type { Path } from './positions.ts';
import type { ValueKind } from './values.ts';

/** What surrounds a table of keys. */
interface TableContext {
  /** Its path in the file. */
  readonly path: Path;
  /** Suggests a key for an unknown one: only its name if it belongs to this table, otherwise with its location. */
  readonly suggest: (unknown: string) => string | undefined;
  /** The value of a key in another section, as in the file; keys that derive from one require it. */
  readonly valueIn?: (section: string, key: string) => unknown;
  /** The value of a key as it is written in the file, unless it is a text. */
  readonly written?: (path: Path) => string | undefined;
}

/** The result of checking a table. */
interface CheckedTable {
  /** The valid values, typed and under their field names. */
  readonly typed: Record<string, unknown>;
  /** The valid values as in the file. */
  readonly valid: Record<string, unknown>;
  readonly findings: Finding[];
}

/**
 * Checks one table against its keys. A misspelt key is checked like the key that it resembles, so that all errors are
 * reported at once.
 */
export function readKeys(
  keys: Readonly<Record<string, Key>>,
  table: Table,
  { path, suggest, valueIn, written }: TableContext,
): CheckedTable {
  const typed: Record<string, unknown> = {};
  const valid: Record<string, unknown> = {};
  const findings = unknownKeys(keys, table, { path, suggest });
  for (const [key, { field, kind, derived, secret, ...spec }] of Object.entries(keys)) {
    const spelling = findSpelling(key, table, keys, suggest);
    const source =
      derived && (derived.section ? valueIn?.(derived.section, derived.key) : valid[derived.key]);
    // A default that is derived from an invalid key is not reported as missing: that would report one error twice.
    if (derived && source === undefined && table[spelling] === undefined) continue;
    const value = table[spelling] ?? spec.default ?? derived?.from(String(source));
    if (value === undefined && spec.optional) continue;
    const at = [...path, spelling];
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
        ...(secret
          ? [invalidSecret(kind, value, at)]
          : invalidValues(kind, value, { path: at, written: written?.(at) })),
      );
    }
  }
  return { typed, valid, findings };
}

/** Finds the spelling of a key in a table: `name` itself, or else an unknown key that resembles it. */
export function findSpelling(
  name: string,
  table: Table,
  known: object,
  suggest: (unknown: string) => string | undefined,
): string {
  if (Object.hasOwn(table, name)) return name;
  return Object.keys(table).find((other) => !Object.hasOwn(known, other) && suggest(other) === name) ?? name;
}

function unknownKeys(
  keys: object,
  table: Table,
  { path, suggest }: Pick<TableContext, 'path' | 'suggest'>,
): Finding[] {
  const unknown = Object.keys(table).filter((key) => !Object.hasOwn(keys, key));
  const expected = `one of ${Object.keys(keys).join(', ')}`;
  return unknown.map((key) => ({ kind: 'unknown', path: [...path, key], expected, nearest: suggest(key) }));
}

/** An invalid value that must not be repeated. */
function invalidSecret({ expects }: ValueKind<unknown>, value: unknown, path: Path): Finding {
  const expected =
    typeof value === 'string' ? expects : `quotes around the value, as in ${nameOf(path)} = "…"`;
  return { kind: 'value', path, expected };
}

interface ValueContext {
  readonly path: Path;
  readonly written: string | undefined;
}

/** An invalid value; of an array, each invalid element. */
function invalidValues(kind: ValueKind<unknown>, value: unknown, context: ValueContext): Finding[] {
  const { element } = kind;
  if (!element || !Array.isArray(value)) return [invalidValue(kind, value, context)];
  return value.flatMap((each: unknown, index) =>
    element.schema.safeParse(each).success
      ? []
      : [invalidValue(element, each, { path: [...context.path, index], written: undefined })],
  );
}

/** An invalid value, with what was probably meant: with or without quotes, or the allowed word that it resembles. */
function invalidValue(kind: ValueKind<unknown>, value: unknown, { path, written }: ValueContext): Finding {
  const { choices = [], expects } = kind;
  if (typeof value !== 'string') {
    const text = written ?? textOf(value);
    const isMeant = text !== undefined && kind.schema.safeParse(text).success;
    const expected = isMeant
      ? `quotes around the value, as in ${nameOf(path)} = ${JSON.stringify(text)}`
      : expects;
    return { ...wrongValue(path, expected, value), ...(written !== undefined && { got: written }) };
  }
  const number = meantNumber(kind, value);
  if (number !== undefined) {
    return wrongValue(path, `no quotes around the value, as in ${nameOf(path)} = ${number}`, value);
  }
  const explanation = kind.explain?.(value);
  if (explanation !== undefined) return wrongValue(path, explanation, value);
  const word = nearestWord(value, choices);
  return {
    ...wrongValue(path, expects, value),
    ...(word !== undefined && { nearest: JSON.stringify(word) }),
  };
}

/** A number, boolean or date as TOML writes it. */
function textOf(value: unknown): string | undefined {
  if (value instanceof Date) return value.toISOString();
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : undefined;
}

/** A valid number or boolean that is only in quotes by mistake; as written in TOML. */
function meantNumber({ schema }: ValueKind<unknown>, value: string): string | undefined {
  const [, number = ''] = /^\s*([+-]?\d+(?:[.,]\d+)?)\s*s?\s*$/.exec(value) ?? [];
  const plain = /^(?:true|false)$/.test(value) ? value === 'true' : Number(number.replace(',', '.') || NaN);
  return schema.safeParse(plain).success ? String(plain) : undefined;
}

function nameOf(path: Path): string {
  return path.findLast((step) => typeof step === 'string') ?? '';
}
