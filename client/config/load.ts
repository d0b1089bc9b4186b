import { isUtf8 } from 'node:buffer';
import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { parse, TomlError } from 'smol-toml';
import { ParseError } from 'toml-eslint-parser';
import { ClientError } from '../errors.ts';
import { FILE_START, Positions } from './positions.ts';
import { ConfigError, dotted } from './report.ts';
import type { Problem } from './report.ts';
import { SECTIONS } from './schema.ts';
import type { Section } from './key.ts';
import type { Config, Overrides } from './schema.ts';
import { isTable, validate } from './validate.ts';
import type { Finding, Table } from './validate.ts';

/**
 * Reads the configuration at `path`.
 * @throws ClientError `config` if the file cannot be read, as ConfigError with everything that is wrong in it
 */
export function loadConfig(path: string, overrides: Overrides = {}): Config {
  return parseConfig(readText(path), path, overrides);
}

/**
 * Turns the text of a configuration into the typed one.
 * @param path where the text is from: its folder is where relative paths start, and messages name it
 * @throws ConfigError with everything that is wrong
 */
export function parseConfig(text: string, path: string, overrides: Overrides = {}): Config {
  const { document, positions } = parseText(text.replace(/^\uFEFF/, ''), path);
  const { values, findings } = validate(merge(document, overrides));
  if (findings.length > 0) {
    throw new ConfigError(
      path,
      findings.map((finding) => toProblem(finding, positions, overrides)),
    );
  }
  return withAbsolutePaths(values, dirname(resolve(path)));
}

const READ_ADVICE: Record<string, string> = {
  ENOENT: 'There is no such file: copy the example martinete.toml there, or name another with --config.',
  EACCES: 'The user who runs this may not read it.',
  EISDIR: 'It is a folder: name the file in it.',
};

function readText(path: string): string {
  try {
    const bytes = readFileSync(path);
    if (isUtf8(bytes)) return bytes.toString();
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : '';
    const advice = READ_ADVICE[code] ?? `The system says ${code}.`;
    throw new ClientError('config', `Cannot read the configuration ${path}. ${advice}`, { cause });
  }
  throw new ClientError(
    'config',
    `Cannot read the configuration ${path}. It is not UTF-8 text: save it as such.`,
  );
}

interface Parsed {
  readonly document: Table;
  readonly positions: Positions;
}

/** After a syntax error everything else would be a guess: it is reported alone. */
function parseText(text: string, path: string): Parsed {
  const parsed = tryParse(text);
  if ('document' in parsed) return parsed;
  throw new ConfigError(path, [parsed]);
}

/** Of a parser's error only the place and the first line are kept: the rest may quote a secret from the file. */
function tryParse(text: string): Parsed | Problem {
  try {
    return { document: parse(text), positions: new Positions(text) };
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

/** The document with the overrides that have a value; where it is wrong already, it is left for the report. */
function merge(document: Table, overrides: Overrides): Table {
  const merged: Record<string, unknown> = { ...document };
  for (const [name, section] of Object.entries<Table | undefined>(overrides)) {
    const given = Object.entries(section ?? {}).filter(([, value]) => isGiven(value));
    const table = merged[name] ?? {};
    if (given.length > 0 && isTable(table)) merged[name] = { ...table, ...Object.fromEntries(given) };
  }
  return merged;
}

function isGiven(value: unknown): boolean {
  return value !== undefined && value !== null;
}

function toProblem({ path, related, ...rest }: Finding, positions: Positions, overrides: Overrides): Problem {
  const paths = related ? [path, related] : [path];
  return { ...rest, key: dotted(path), at: placeOf(paths, rest.kind, positions, overrides) };
}

/** A mistake is where its key was given; what is missing belongs to its section. */
function placeOf(
  paths: readonly (readonly string[])[],
  kind: Problem['kind'],
  positions: Positions,
  overrides: Overrides,
): Problem['at'] {
  const overridden = new Map(Object.entries<Table | undefined>(overrides));
  const isOverridden = ([section = '', key]: readonly string[]) =>
    Object.entries(overridden.get(section) ?? {}).some(([name, value]) => name === key && isGiven(value));
  if (paths.some(isOverridden)) return 'command line';
  const part = kind === 'value' ? 'value' : 'key';
  const sections = paths.map((path) => path.slice(0, 1));
  const [place] = [...paths, ...sections].flatMap((path) => positions.of(path, part) ?? []);
  return place ?? (sections.some(([section = '']) => overridden.has(section)) ? 'command line' : FILE_START);
}

/** Relative paths start at the configuration's folder, not where the process happens to run. */
function withAbsolutePaths(values: Record<string, Table>, folder: string): Config {
  const sections = Object.entries<Section>(SECTIONS).flatMap(([name, { keys }]) => {
    const section = values[name];
    if (section === undefined) return [];
    const fields = Object.values(keys).flatMap(({ field, kind }) => {
      const value = section[field];
      if (value === undefined) return [];
      return [[field, kind.isPath && typeof value === 'string' ? resolve(folder, value) : value]];
    });
    return [[name, Object.fromEntries(fields)]];
  });
  // Each field has just come out of its own key's schema, and the type is computed from the same table.
  return Object.fromEntries(sections) as Config;
}
