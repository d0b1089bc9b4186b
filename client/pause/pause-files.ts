import { readFileSync, rmSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { makeFolder } from '../make-folder.ts';
import { replaceFile } from '../replace-file.ts';

/** Where commands leave word for the client that runs. All of these throw what the file system says. */
export interface PauseFiles {
  /** The text of a file; undefined where there is none. */
  read(path: string): string | undefined;
  /** Lays a file down, all of it or nothing, to last over a power cut. */
  write(path: string, text: string): void;
  /** Takes a file away. */
  remove(path: string): void;
}

/** Whoever asks for a pause need not be the user that the client runs as. */
const MODE = 0o644;
/** Ours has a tenth of that. */
const MAX_BYTES = 1_000;

/** In the file system. */
export const diskPauseFiles: PauseFiles = {
  read: (path) => {
    // Mostly there is none, and an exception a second would be a high price for that.
    const stats = statSync(path, { throwIfNoEntry: false });
    if (!stats) return undefined;
    // Whatever else somebody has put there might never come to an end.
    if (!stats.isFile() || stats.size > MAX_BYTES) throw new Error('it is no file of a pause');
    return readFileSync(path, 'utf8');
  },
  write: (path, text) => {
    makeFolder(dirname(path));
    replaceFile(path, text, MODE);
  },
  remove: (path) => rmSync(path, { force: true }),
};
