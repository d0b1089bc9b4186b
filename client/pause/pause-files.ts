import { existsSync, readFileSync, renameSync, rmSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { ClientError } from '../errors.ts';
import { replaceFile } from '../replace-file.ts';

/**
 * File access for pauses, by which commands control a running client. All methods throw file system errors; `write`
 * throws a ClientError `config` if no client has run yet.
 */
export interface PauseFiles {
  /** Returns the text of a file; undefined if there is none. */
  read(path: string): string | undefined;
  /** Writes a file atomically and durably. */
  write(path: string, text: string): void;
  /** Replaces a file's text as `write` does, but only if it is `expected`; returns whether it was. */
  rewrite(path: string, expected: string, text: string): boolean;
  /** Removes a file; if `expected` is given, only if that is its text. */
  remove(path: string, expected?: string): void;
}

/** Readable by all: the user who pauses the client need not be the one it runs as. */
const FILE_MODE = 0o644;
/** Maximum size read; a pause file has a fifth of that. */
const MAX_BYTES = 1_000;

/** `PauseFiles` in the file system. */
export const diskPauseFiles: PauseFiles = {
  read,
  write: (path, text) => {
    const folder = dirname(path);
    // Not created here: the command's user would own it, and the client's user could not create its outbox in it.
    if (!existsSync(folder)) {
      throw new ClientError(
        'config',
        `No client has run here yet (there is no ${folder}): start it once, or pass its configuration file with --config`,
      );
    }
    replaceFile(path, text, FILE_MODE);
  },
  rewrite: (path, was, text) => {
    // The slow part comes first, so that only the rename follows the comparison.
    const next = `${path}.next`;
    replaceFile(next, text, FILE_MODE);
    try {
      const isSame = read(path) === was;
      if (isSame) renameSync(next, path);
      return isSame;
    } finally {
      rmSync(next, { force: true });
    }
  },
  remove: (path, expected) => {
    if (expected === undefined || read(path) === expected) rmSync(path, { force: true });
  },
};

function read(path: string): string | undefined {
  // Usually there is no file, and this runs once a second: avoid an exception each time.
  const stats = statSync(path, { throwIfNoEntry: false });
  if (!stats) return undefined;
  // Reading anything else might never end.
  if (!stats.isFile() || stats.size > MAX_BYTES) throw new Error('not a pause file');
  return readFileSync(path, 'utf8');
}
