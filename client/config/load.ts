import { dirname, resolve } from 'node:path';
import { isTable, parseText, readText, type Table } from './document.ts';
import { positionOf, problemAt, type Finding } from './finding.ts';
import type { Section } from './key.ts';
import { FILE_START, type Path, type Positions } from './positions.ts';
import { ConfigError, type Problem } from './report.ts';
import { SECTIONS, type Config, type Overrides } from './schema.ts';
import { lookUp, type Vocabulary } from './toml-slips.ts';
import { validate } from './validate.ts';

const CONFIGURATION = {
  name: 'the configuration',
  advice: 'copy the example martinete.toml there, or name another file with --config',
};

const KEYS = Object.fromEntries(Object.entries<Section>(SECTIONS).map(([name, { keys }]) => [name, keys]));

const VOCABULARY: Vocabulary = {
  headers: Object.fromEntries(Object.keys(SECTIONS).map((name) => [name, `[${name}]`])),
  key: (section = '', key) => lookUp(KEYS, section, key),
};

/** A configuration, and where its keys are. */
export interface LoadedConfig {
  readonly config: Config;
  /** As the user knows it. */
  readonly path: string;
  /** Locates an error that was found later. */
  readonly locate: (finding: Finding) => Problem['at'];
}

/**
 * Reads the configuration at `path`.
 * @throws ClientError `config` if the file cannot be read, as ConfigError with all its errors
 */
export function loadConfig(path: string, overrides: Overrides = {}): Config {
  return openConfig(path, overrides).config;
}

/** Reads the configuration at `path` with the positions of its keys. @throws as `loadConfig` does */
export function openConfig(path: string, overrides: Overrides = {}): LoadedConfig {
  return readConfig(readText(path, CONFIGURATION), path, overrides);
}

/**
 * Turns the text of a configuration into the typed one.
 * @param path of the file: relative paths start at its folder, and messages name it
 * @throws ConfigError with all errors
 */
export function parseConfig(text: string, path: string, overrides: Overrides = {}): Config {
  return readConfig(text, path, overrides).config;
}

function readConfig(text: string, path: string, overrides: Overrides): LoadedConfig {
  const { table, positions, problems } = parseText(text, path, VOCABULARY);
  const { values, findings } = validate(merge(table, overrides), (path) => positions.written(path));
  const locateFinding = (finding: Finding): Problem['at'] => locate(finding, positions, overrides);
  const found = findings.map((finding) => problemAt(locateFinding(finding), finding));
  if (problems.length + found.length > 0) throw new ConfigError(path, [...problems, ...found]);
  return { config: withAbsolutePaths(values, dirname(resolve(path))), path, locate: locateFinding };
}

/** The document with the overrides that are set. A section that is not a table stays as it is, to be reported. */
function merge(document: Table, overrides: Overrides): Table {
  const merged: Record<string, unknown> = { ...document };
  for (const [name, section] of Object.entries<Table | undefined>(overrides)) {
    const set = Object.entries(section ?? {}).filter(([, value]) => isSet(value));
    const table = merged[name] ?? {};
    if (set.length > 0 && isTable(table)) merged[name] = { ...table, ...Object.fromEntries(set) };
  }
  return merged;
}

function isSet(value: unknown): boolean {
  return value !== undefined && value !== null;
}

/** Locates an error in the file or on the command line. */
function locate(finding: Finding, positions: Positions, overrides: Overrides): Problem['at'] {
  const paths = finding.related ? [finding.path, finding.related] : [finding.path];
  const overridden = new Map<Path[number] | undefined, Table | undefined>(Object.entries(overrides));
  const isOverridden = ([section, key]: Path): boolean =>
    Object.entries(overridden.get(section) ?? {}).some(([name, value]) => name === key && isSet(value));
  if (paths.some(isOverridden)) return 'command line';
  return (
    positionOf(finding, positions) ??
    (paths.some(([section]) => overridden.has(section)) ? 'command line' : FILE_START)
  );
}

/** Resolves relative paths against the folder of the configuration, not the working directory. */
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
  // Each field was parsed by its own key's schema, and Config is computed from the same table.
  return Object.fromEntries(sections) as Config;
}
