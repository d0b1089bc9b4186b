import { dirname, resolve } from 'node:path';
import { parseText, placeOf, problemAt, readText } from './document.ts';
import { FILE_START } from './positions.ts';
import type { Path, Positions } from './positions.ts';
import { ConfigError } from './report.ts';
import type { Problem } from './report.ts';
import { SECTIONS } from './schema.ts';
import type { Section } from './key.ts';
import type { Config, Overrides } from './schema.ts';
import { isTable } from './read-keys.ts';
import type { Finding, Table } from './read-keys.ts';
import { validate } from './validate.ts';

const CONFIGURATION = {
  name: 'the configuration',
  advice: 'copy the example martinete.toml there, or name another with --config',
};

/**
 * Reads the configuration at `path`.
 * @throws ClientError `config` if the file cannot be read, as ConfigError with everything that is wrong in it
 */
export function loadConfig(path: string, overrides: Overrides = {}): Config {
  return parseConfig(readText(path, CONFIGURATION), path, overrides);
}

/**
 * Turns the text of a configuration into the typed one.
 * @param path where the text is from: its folder is where relative paths start, and messages name it
 * @throws ConfigError with everything that is wrong
 */
export function parseConfig(text: string, path: string, overrides: Overrides = {}): Config {
  const { table, positions } = parseText(text, path);
  const { values, findings } = validate(merge(table, overrides));
  if (findings.length > 0) {
    throw new ConfigError(
      path,
      findings.map((finding) => problemAt(whereabouts(finding, positions, overrides), finding)),
    );
  }
  return withAbsolutePaths(values, dirname(resolve(path)));
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

/** Where a mistake is, in the file or on the command line. */
function whereabouts(finding: Finding, positions: Positions, overrides: Overrides): Problem['at'] {
  const paths = finding.related ? [finding.path, finding.related] : [finding.path];
  const overridden = new Map<Path[number] | undefined, Table | undefined>(Object.entries(overrides));
  const isOverridden = ([section, key]: Path): boolean =>
    Object.entries(overridden.get(section) ?? {}).some(([name, value]) => name === key && isGiven(value));
  if (paths.some(isOverridden)) return 'command line';
  return (
    placeOf(finding, positions) ??
    (paths.some(([section]) => overridden.has(section)) ? 'command line' : FILE_START)
  );
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
