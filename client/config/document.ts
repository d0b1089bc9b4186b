import { isUtf8 } from 'node:buffer';
import { parse } from 'smol-toml';
import { ParseError } from 'toml-eslint-parser';
import { ClientError } from '../errors.ts';
import { readAdvice, readRegularFile } from '../read-regular-file.ts';
import { Positions } from './positions.ts';
import { ConfigError, type Problem } from './report.ts';
import { correctSyntax } from './syntax-errors.ts';
import type { Vocabulary } from './toml-slips.ts';

/** A TOML table as smol-toml reads it. */
export type Table = Readonly<Record<string, unknown>>;

/** A TOML text as values, with their positions. */
interface Document {
  readonly table: Table;
  readonly positions: Positions;
  /** Syntax errors, which are corrected in `table`. */
  readonly problems: readonly Problem[];
}

/** How error messages refer to a file. */
interface FileKind {
  /** Such as "the configuration". */
  readonly name: string;
  /** What to do if the file does not exist. */
  readonly advice: string;
}

/** Whether `value` is a table and neither an array nor a date. */
export function isTable(value: unknown): value is Table {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Date);
}

/** The text of a file. @throws ClientError `config` if it cannot be read, or is not UTF-8. */
export function readText(path: string, { name, advice }: FileKind): string {
  try {
    const bytes = readRegularFile(path);
    if (isUtf8(bytes)) return bytes.toString();
  } catch (cause) {
    const reason = readAdvice(cause, `there is no such file: ${advice}`);
    const sentence = reason.charAt(0).toUpperCase() + reason.slice(1);
    throw new ClientError('config', `Cannot read ${name} ${path}. ${sentence}`, { cause });
  }
  throw new ClientError('config', `Cannot read ${name} ${path}. It is not UTF-8 text: save it as UTF-8`);
}

/**
 * Parses a text, with or without a byte order mark. Lines with a known slip are read as they were meant, so that the
 * other errors of the file can be reported together with them.
 * @param path as the user knows it
 * @throws ConfigError with the syntax errors, if the rest of the file cannot be understood
 */
export function parseText(text: string, path: string, vocabulary: Vocabulary): Document {
  const original = text.replace(/^\uFEFF/, '');
  const corrected = correctSyntax(original, vocabulary);
  const { problems } = corrected;
  if (problems.length > 0 && !corrected.isComplete) throw new ConfigError(path, problems);
  return { table: parse(corrected.text), positions: positionsOf(corrected.text, original, path), problems };
}

/** Locates keys and values. Values come from another parser; a syntax error that only this one finds is reported as well. */
function positionsOf(text: string, original: string, path: string): Positions {
  try {
    return new Positions(text, original);
  } catch (error) {
    if (!(error instanceof ParseError)) throw error;
    const at = { line: error.lineNumber, column: error.column + 1 };
    throw new ConfigError(path, [{ kind: 'syntax', at, key: '', expected: 'expected key = value' }]);
  }
}
