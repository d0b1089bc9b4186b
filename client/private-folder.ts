import { closeSync, constants, existsSync, fchmodSync, fstatSync, openSync, readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { giveToOwner } from './file-ownership.ts';

/** Months of positions are private to their owner. */
export const FOLDER_MODE = 0o700;
export const FILE_MODE = 0o600;
/** Flags for files whose names another user may have replaced by links or pipes. */
export const NO_FOLLOW = constants.O_NOFOLLOW | constants.O_NONBLOCK;

/** Descriptors of this process, as folders: names below them stay valid if the folder is renamed or replaced. */
const DESCRIPTORS = '/proc/self/fd';

/**
 * Removes the permissions of other users from a folder, and from those of its files that `isOwn` selects; files created by
 * root get the folder's owner. Does nothing if the folder is a symbolic link: root would change files anywhere.
 */
export function restrictAccess(path: string, isOwn: (name: string) => boolean): void {
  withOpened(resolve(path), constants.O_DIRECTORY, (folder) => {
    restrict(folder, path, FOLDER_MODE);
    const inside = existsSync(DESCRIPTORS) ? `${DESCRIPTORS}/${folder}` : path;
    for (const name of readdirSync(inside).filter(isOwn)) {
      withOpened(join(inside, name), 0, (file) => {
        const stats = fstatSync(file);
        // A hard link may belong to another folder as well.
        if (stats.isFile() && stats.nlink === 1) restrict(file, join(inside, name), FILE_MODE);
      });
    }
  });
}

function restrict(file: number, path: string, mode: number): void {
  if ((fstatSync(file).mode & 0o777) !== mode) fchmodSync(file, mode);
  giveToOwner(file, path);
}

/** Skips symbolic links and files of other users. */
function withOpened(path: string, flags: number, use: (file: number) => void): void {
  try {
    const file = openSync(path, constants.O_RDONLY | NO_FOLLOW | flags);
    try {
      use(file);
    } finally {
      closeSync(file);
    }
  } catch {
    // The mode of another user's file cannot be changed.
  }
}
