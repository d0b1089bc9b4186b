import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { parse, TomlError } from 'smol-toml';
import type { z } from 'zod';
import { ClientError } from '../../client/errors.ts';
import { BUG_FILE, type Bug } from './bug.ts';

/** The folder of the sets of bugs, from the project's root. */
export const BUGS_FOLDER = 'harness/planted-bugs/bugs';

const EXTENSION = '.toml';

/**
 * Reads all sets of bugs in a folder, sorted by id.
 * @throws ClientError `config` with all errors of a file, or if two bugs have the same id
 */
export function loadBugs(folder = BUGS_FOLDER): readonly Bug[] {
  const files = readdirSync(folder).filter((name) => name.endsWith(EXTENSION));
  const bugs = files.flatMap((name) => {
    const path = join(folder, name);
    return readBugs(readFileSync(path, 'utf8'), path);
  });
  const sorted = bugs.toSorted((a, b) => (a.id < b.id ? -1 : 1));
  const twice = sorted.find(({ id }, index) => sorted[index + 1]?.id === id);
  if (twice) throw new ClientError('config', `${folder}: two bugs have the id "${twice.id}", rename one`);
  return sorted;
}

/**
 * Parses the text of a set of bugs.
 * @param path in messages; its last part is the name of the set
 * @throws ClientError `config` with all errors
 */
export function readBugs(text: string, path: string): readonly Bug[] {
  const table = parseToml(text, path);
  const { data, error } = BUG_FILE.safeParse(table);
  if (!data) {
    const lines = error.issues.map((issue) => `  ${locate(issue, table)}: ${issue.message}`);
    throw new ClientError('config', [`${path} is invalid:`, ...lines].join('\n'));
  }
  const set = basename(path, EXTENSION);
  return data.bug.map(({ edit, ...bug }) => ({ ...bug, edits: edit, set }));
}

function parseToml(text: string, path: string): unknown {
  try {
    return parse(text);
  } catch (cause) {
    if (!(cause instanceof TomlError)) throw cause;
    const [reason = ''] = cause.message.split('\n');
    const message = `${path}, line ${cause.line}, column ${cause.column}: ${reason}`;
    throw new ClientError('config', message, { cause });
  }
}

/** Names a key by its bug, such as `bug 2 ("no-retry"), edit 1, file`. */
function locate({ path }: z.core.$ZodIssue, table: unknown): string {
  const [, index, key, edit, ...rest] = path;
  if (typeof index !== 'number') return 'bug';
  const { bug } = table as { bug: readonly { id?: unknown }[] };
  const id = bug[index]?.id;
  const name = `bug ${index + 1}${typeof id === 'string' ? ` ("${id}")` : ''}`;
  const where = typeof edit === 'number' ? [`edit ${edit + 1}`, ...rest] : key === undefined ? [] : [key];
  return [name, ...where.map(String)].join(', ');
}
