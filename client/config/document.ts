import { isUtf8 } from 'node:buffer';
import { readFileSync } from 'node:fs';
import { parse, TomlError } from 'smol-toml';
import { ParseError } from 'toml-eslint-parser';
import { ClientError, systemCode } from '../errors.ts';
import { Positions } from './positions.ts';
import { ConfigError, type Problem } from './report.ts';
import { syntaxHint } from './syntax-hint.ts';

/** A TOML table as smol-toml reads it. */
export type Table = Readonly<Record<string, unknown>>;

/** A TOML text as values, with their positions. */
interface Document {
  readonly table: Table;
  readonly positions: Positions;
}

/** How error messages refer to a file. */
interface FileKind {
  /** Such as "the configuration". */
  readonly name: string;
  /** What to do if the file does not exist. */
  readonly advice: string;
}

const READ_ADVICE: Record<string, string> = {
  EACCES: 'Permission denied: check its owner and mode',
  EISDIR: 'It is a folder: name the file in it',
};

/** Whether `value` is a table and neither an array nor a date. */
export function isTable(value: unknown): value is Table {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Date);
}

/** The text of a file. @throws ClientError `config` if it cannot be read, or is not UTF-8. */
export function readText(path: string, { name, advice }: FileKind): string {
  try {
    const bytes = readFileSync(path);
    if (isUtf8(bytes)) return bytes.toString();
  } catch (cause) {
    const code = systemCode(cause);
    const reason =
      code === 'ENOENT' ? `There is no such file: ${advice}` : (READ_ADVICE[code] ?? `System error ${code}`);
    throw new ClientError('config', `Cannot read ${name} ${path}. ${reason}`, { cause });
  }
  throw new ClientError('config', `Cannot read ${name} ${path}. It is not UTF-8 text: save it as UTF-8`);
}

/**
 * Parses a text, with or without a byte order mark.
 * @param path as the user knows it
 * @throws ConfigError with the first syntax error: the parser cannot tell what follows it
 */
export function parseText(text: string, path: string): Document {
  const parsed = tryParse(text.replace(/^\uFEFF/, ''));
  if ('table' in parsed) return parsed;
  throw new ConfigError(path, [parsed]);
}

function tryParse(text: string): Document | Problem {
  try {
    return { table: parse(text), positions: new Positions(text) };
  } catch (error) {
    // Only the position and the first line of the message are kept: the rest may quote a secret from the file.
    if (error instanceof TomlError) {
      const [message = ''] = error.message.replace(/^Invalid TOML document: /, '').split('\n');
      const line = text.split('\n')[error.line - 1] ?? '';
      return syntaxProblem(syntaxHint(message, line) ?? message, error.line, error.column);
    }
    if (error instanceof ParseError) return syntaxProblem(error.message, error.lineNumber, error.column + 1);
    throw error;
  }
}

function syntaxProblem(expected: string, line: number, column: number): Problem {
  return { kind: 'syntax', at: { line, column }, key: '', expected };
}
