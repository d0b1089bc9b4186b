import { ClientError, type ErrorCode } from '../errors.ts';
import { printable } from '../printable.ts';
import type { Path, Position } from './positions.ts';

/** One error in a configuration. */
export interface Problem {
  readonly kind: 'syntax' | 'unknown' | 'missing' | 'incomplete' | 'value' | 'system';
  readonly at: Position | 'command line' | 'environment';
  /** The key with its section, as written in TOML; empty if the line has none. */
  readonly key: string;
  readonly expected: string;
  /** The value found instead, shortened, without anything that may be a secret. */
  readonly got?: string | undefined;
  /** The known key, section or word that is nearest to an unknown one. */
  readonly nearest?: string | undefined;
}

/** All errors of one configuration; the message is the report for a terminal. */
export class ConfigError extends ClientError {
  /** In the order of the file; those that are not in it come last. */
  readonly problems: readonly Problem[];

  /**
   * @param file as the user knows it, normally its path
   * @param code determines the exit code
   */
  constructor(file: string, problems: readonly Problem[], code: ErrorCode = 'config') {
    const inOrder = problems.toSorted(byPosition);
    super(code, report(file, inOrder));
    this.problems = inOrder;
  }
}

const DESCRIPTIONS: Record<Problem['kind'], (problem: Problem) => string> = {
  syntax: ({ expected }) => expected,
  system: ({ expected }) => expected,
  unknown: ({ expected, nearest }) =>
    nearest === undefined ? `unknown, expected ${expected}` : `unknown, did you mean ${nearest}?`,
  missing: ({ expected }) => `missing, expected ${expected}`,
  incomplete: ({ expected }) => `requires ${expected}`,
  value: ({ expected, got, nearest }) => {
    if (got === undefined) return `expected ${expected}`;
    return nearest === undefined
      ? `expected ${expected}, got ${got}`
      : `${got} is unknown, did you mean ${nearest}?`;
  },
};

function report(file: string, problems: readonly Problem[]): string {
  const lines = problems.map((problem) => {
    const { at, key, kind } = problem;
    const position = typeof at === 'string' ? at : `line ${at.line}, column ${at.column}`;
    return `  ${[position, key, DESCRIPTIONS[kind](problem)].filter((part) => part !== '').join(': ')}`;
  });
  const count = problems.length === 1 ? 'an error' : `${problems.length} errors`;
  return [`${file} has ${count}:`, ...lines].join('\n');
}

/** Sorts by position in the file; what is not in the file comes last. */
function byPosition({ at: a }: Problem, { at: b }: Problem): number {
  if (typeof a === 'string' || typeof b === 'string') {
    return Number(typeof a === 'string') - Number(typeof b === 'string');
  }
  return a.line - b.line || a.column - b.column;
}

/** The keys of a path as written in TOML, without array indices: the position tells which element is meant. */
export function dotted(path: Path): string {
  const keys = path.filter((step) => typeof step === 'string');
  return keys.map((key) => (/^[\w-]+$/.test(key) ? key : quote(key))).join('.');
}

/** Longer values are truncated: a report is read on a terminal. */
const MAX_ECHO_LENGTH = 60;

/** A value for a message. The part before an `@` may hold the password of an address and is masked. */
export function echo(value: unknown): string {
  if (typeof value === 'string') {
    const shown = value.replace(/^.*@/s, '***@');
    return quote(shown.length > MAX_ECHO_LENGTH ? `${shown.slice(0, MAX_ECHO_LENGTH)}…` : shown);
  }
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  if (value instanceof Date) return 'a date';
  return Array.isArray(value) ? 'an array' : 'a table';
}

/** In quotes, with invisible characters escaped. */
function quote(value: string): string {
  return printable(JSON.stringify(value));
}
