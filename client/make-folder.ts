import { closeSync, constants, existsSync, fchmodSync, mkdirSync, openSync } from 'node:fs';
import { dirname } from 'node:path';
import { giveToOwner } from './file-ownership.ts';

/** Other users may look for files in it, such as the one that a pause is asked for with. */
const PUBLIC_MODE = 0o755;

/**
 * Creates a folder with this mode, whatever the umask, and its parents for everybody. Node.js's own `recursive` never
 * returns if a parent does not accept folders.
 */
export function makeFolder(path: string, mode = PUBLIC_MODE): void {
  if (existsSync(path)) return;
  makeFolder(dirname(path));
  mkdirSync(path);
  const folder = openSync(path, constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW);
  try {
    fchmodSync(folder, mode);
    giveToOwner(folder, path);
  } finally {
    closeSync(folder);
  }
}
