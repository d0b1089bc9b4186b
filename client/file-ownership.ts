import { fchownSync, fstatSync, statSync } from 'node:fs';
import { dirname } from 'node:path';

const ROOT = 0;

/**
 * Changes the owner of an open file or folder to that of its parent folder if the process runs as root: otherwise a
 * command run with sudo would create files that the service cannot access.
 */
export function giveToOwner(file: number, path: string): void {
  if (process.getuid?.() !== ROOT) return;
  const { uid, gid } = statSync(dirname(path));
  const own = fstatSync(file);
  if (own.uid !== uid || own.gid !== gid) fchownSync(file, uid, gid);
}
