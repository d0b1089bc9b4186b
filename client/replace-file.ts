import { closeSync, fchmodSync, fsyncSync, openSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { giveToOwner } from './owner.ts';

/**
 * Writes a file with this mode, whatever the umask. It is on disk when this returns, and at no instant is there half of
 * one. @throws what the file system says
 */
export function replaceFile(path: string, content: Buffer | string, mode: number): void {
  const temporary = `${path}.new`;
  rmSync(temporary, { force: true });
  try {
    writeNew(temporary, content, mode);
    renameSync(temporary, path);
  } finally {
    rmSync(temporary, { force: true });
  }
  syncFolder(dirname(path));
}

/** Never by name once it is there: in another user's folder that user may have put a link in its place. */
function writeNew(path: string, content: Buffer | string, mode: number): void {
  const file = openSync(path, 'wx', mode);
  try {
    fchmodSync(file, mode);
    giveToOwner(file, path);
    writeFileSync(file, content);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

/** A rename is only on disk once the folder is. */
function syncFolder(path: string): void {
  const folder = openSync(path, 'r');
  try {
    fsyncSync(folder);
  } finally {
    closeSync(folder);
  }
}
