import { isUtf8 } from 'node:buffer';
import { readFileSync } from 'node:fs';
import { parse, TomlError } from 'smol-toml';
import { ParseError } from 'toml-eslint-parser';
import { ClientError } from '../errors.ts';
import { Positions } from './positions.ts';
import type { Position } from './positions.ts';
import type { Finding, Table } from './read-keys.ts';
import { ConfigError, dotted } from './report.ts';
import type { Problem } from './report.ts';

/** A TOML text as values, and where in it each of them stands. */
export interface Document {
  readonly table: Table;
  readonly positions: Positions;
}

/** What messages about a file that cannot be read say of it. */
export interface FileKind {
  /** Such as "the configuration". */
  readonly name: string;
  /** What to do where there is no such file. */
  readonly advice: string;
}

const READ_ADVICE: Record<string, string> = {
  EACCES: 'The user who runs this may not read it.',
  EISDIR: 'It is a folder: name the file in it.',
};

/** The text of a file. @throws ClientError `config` if it cannot be read, or is no text. */
export function readText(path: string, { name, advice }: FileKind): string {
  try {
    const bytes = readFileSync(path);
    if (isUtf8(bytes)) return bytes.toString();
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : '';
    const what =
      code === 'ENOENT'
        ? `There is no such file: ${advice}.`
        : (READ_ADVICE[code] ?? `The system says ${code}.`);
    throw new ClientError('config', `Cannot read ${name} ${path}. ${what}`, { cause });
  }
  throw new ClientError('config', `Cannot read ${name} ${path}. It is not UTF-8 text: save it as such.`);
}

/**
 * Parses a text, with or without a byte order mark.
 * @param path how the user knows it
 * @throws ConfigError with the first syntax error: after that everything else would be a guess
 */
export function parseText(text: string, path: string): Document {
  const parsed = tryParse(text.replace(/^\uFEFF/, ''));
  if ('table' in parsed) return parsed;
  throw new ConfigError(path, [parsed]);
}

/** Of a parser's error only the place and the first line are kept: the rest may quote a secret from the file. */
function tryParse(text: string): Document | Problem {
  try {
    return { table: parse(text), positions: new Positions(text) };
  } catch (error) {
    if (error instanceof TomlError) {
      const [expected = ''] = error.message.replace(/^Invalid TOML document: /, '').split('\n');
      return syntaxProblem(expected, error.line, error.column);
    }
    if (error instanceof ParseError) return syntaxProblem(error.message, error.lineNumber, error.column + 1);
    throw error;
  }
}

function syntaxProblem(expected: string, line: number, column: number): Problem {
  return { kind: 'syntax', at: { line, column }, key: '', expected };
}

/**
 * Where a mistake was made: at its key or value, or else at what it lies in; what is missing altogether is
 * nowhere.
 */
export function placeOf({ path, related, kind }: Finding, positions: Positions): Position | undefined {
  return positions.nearest(related ? [path, related] : [path], kind === 'value' ? 'value' : 'key');
}

/** A finding with its place. */
export function problemAt(at: Problem['at'], finding: Finding): Problem {
  const { path, kind, expected, got, nearest } = finding;
  return { kind, at, key: dotted(path), expected, got, nearest };
}
