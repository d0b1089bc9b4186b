import { fchownSync, fstatSync, statSync } from 'node:fs';
import { dirname } from 'node:path';

const ROOT = 0;

/**
 * Changes the owner of an open file or folder that root has created to that of its parent folder: otherwise a command run
 * with sudo would leave files that the service cannot access.
 */
export function giveToOwner(file: number, path: string): void {
  if (process.getuid?.() !== ROOT) return;
  const own = fstatSync(file);
  // What belongs to another user was not created by root.
  if (own.uid !== ROOT) return;
  const { uid, gid } = statSync(dirname(path));
  if (own.uid !== uid || own.gid !== gid) fchownSync(file, uid, gid);
}
