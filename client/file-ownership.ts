import { fchownSync, fstatSync, statSync } from 'node:fs';
import { dirname } from 'node:path';

const ROOT = 0;

/**
 * Gives an open file, or folder, that root has made to the owner of the folder it lies in: otherwise a command run with
 * sudo would lock the service out of its own files.
 */
export function giveToOwner(file: number, path: string): void {
  if (process.getuid?.() !== ROOT) return;
  const { uid, gid } = statSync(dirname(path));
  const own = fstatSync(file);
  if (own.uid !== uid || own.gid !== gid) fchownSync(file, uid, gid);
}
