import { ClientError } from '../errors.ts';
import type { Path, Position } from './positions.ts';

/** One mistake in a configuration. */
export interface Problem {
  readonly kind: 'syntax' | 'unknown' | 'missing' | 'value';
  readonly at: Position | 'command line';
  /** The key with its section, as one writes it in TOML; empty for a syntax error. */
  readonly key: string;
  readonly expected: string;
  /** The value that was found instead, shortened, without anything that may be a secret. */
  readonly got?: string | undefined;
  /** What was probably meant by an unknown key, section or word. */
  readonly nearest?: string | undefined;
}

/** Everything that is wrong with one configuration; the message is the report for a terminal. */
export class ConfigError extends ClientError {
  /** In the order of the file, those of the command line at the end. */
  readonly problems: readonly Problem[];

  /** @param file how the user knows the configuration, normally its path */
  constructor(file: string, problems: readonly Problem[], options?: ErrorOptions) {
    const inOrder = problems.toSorted(byPlace);
    super('config', report(file, inOrder), options);
    this.problems = inOrder;
  }
}

const WORDING: Record<Problem['kind'], (problem: Problem) => string> = {
  syntax: ({ expected }) => `this is not TOML: ${expected}`,
  unknown: ({ expected, nearest }) =>
    nearest === undefined ? `unknown, expected ${expected}` : `unknown, did you mean ${nearest}?`,
  missing: ({ expected }) => `missing, expected ${expected}`,
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
    const place = at === 'command line' ? at : `line ${at.line}, column ${at.column}`;
    return `  ${[place, key, WORDING[kind](problem)].filter((part) => part !== '').join(': ')}`;
  });
  const count = problems.length === 1 ? 'a mistake' : `${problems.length} mistakes`;
  return [`${file} has ${count}:`, ...lines].join('\n');
}

/** In the order of the file, the command line at the end. */
function byPlace({ at: a }: Problem, { at: b }: Problem): number {
  if (a === 'command line' || b === 'command line') {
    return Number(a === 'command line') - Number(b === 'command line');
  }
  return a.line - b.line || a.column - b.column;
}

/** The keys of a path as they are written in TOML; which element of an array it is, its place says. */
export function dotted(path: Path): string {
  const keys = path.filter((step) => typeof step === 'string');
  return keys.map((key) => (/^[\w-]+$/.test(key) ? key : quote(key))).join('.');
}

/** Longer values are cut off: a report is read on a terminal. */
const MAX_ECHO_LENGTH = 60;

/** A found value for a message. What stands before an `@` may be the password of an address and is left out. */
export function echo(value: unknown): string {
  if (typeof value === 'string') {
    const shown = value.replace(/^.*@/s, '***@');
    return quote(shown.length > MAX_ECHO_LENGTH ? `${shown.slice(0, MAX_ECHO_LENGTH)}…` : shown);
  }
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  if (value instanceof Date) return 'a date';
  return Array.isArray(value) ? 'an array' : 'a table';
}

/** In quotes, with escapes for everything that a terminal would take as a command. */
function quote(value: string): string {
  return JSON.stringify(value).replace(
    /[\u007f-\u009f]/g,
    (control) => `\\u${control.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
