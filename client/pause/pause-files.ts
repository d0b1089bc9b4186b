import { existsSync, readFileSync, renameSync, rmSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { ClientError } from '../errors.ts';
import { replaceFile } from '../replace-file.ts';

/**
 * Where commands leave word for the client that runs. All of these throw what the file system says; `write` throws a
 * ClientError `config` where no client has run yet.
 */
export interface PauseFiles {
  /** The text of a file; undefined where there is none. */
  read(path: string): string | undefined;
  /** Lays a file down, all of it or nothing, to last over a power cut. */
  write(path: string, text: string): void;
  /** Likewise, but only in place of this text: what somebody has changed meanwhile stays. Tells whether it did. */
  rewrite(path: string, expected: string, text: string): boolean;
  /** Takes a file away; where `was` is given, only while that is its text. */
  remove(path: string, was?: string): void;
}

/** Whoever asks for a pause need not be the user that the client runs as. */
const FILE_MODE = 0o644;
/** Ours has a tenth of that. */
const MAX_BYTES = 1_000;

/** In the file system. */
export const diskPauseFiles: PauseFiles = {
  read,
  write: (path, text) => {
    const folder = dirname(path);
    // Whoever made it would own it, and the client that runs as another user could not make its outbox there.
    if (!existsSync(folder)) {
      throw new ClientError(
        'config',
        `No client has run here yet (there is no ${folder}): start it once, or name its configuration with --config.`,
      );
    }
    replaceFile(path, text, FILE_MODE);
  },
  rewrite: (path, was, text) => {
    // What takes its time comes first: nothing but the rename is left when the old text is looked at.
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
  remove: (path, was) => {
    if (was === undefined || read(path) === was) rmSync(path, { force: true });
  },
};

function read(path: string): string | undefined {
  // Mostly there is none, and an exception a second would be a high price for that.
  const stats = statSync(path, { throwIfNoEntry: false });
  if (!stats) return undefined;
  // Whatever else somebody has put there might never come to an end.
  if (!stats.isFile() || stats.size > MAX_BYTES) throw new Error('it is no file of a pause');
  return readFileSync(path, 'utf8');
}
