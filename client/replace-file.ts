import { closeSync, fchmodSync, fsyncSync, openSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { giveToOwner } from './file-ownership.ts';

/**
 * Writes a file atomically and durably, with the given mode, whatever the umask.
 * @throws the error of the file system
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

/**
 * Checks that `replaceFile` can write a file of this length, durably; leaves nothing behind.
 * @throws the error of the file system
 */
export function probeReplacement(path: string, bytes: number, mode: number): void {
  const temporary = `${path}.new`;
  rmSync(temporary, { force: true });
  try {
    writeNew(temporary, Buffer.alloc(bytes), mode);
  } finally {
    rmSync(temporary, { force: true });
  }
}

/** Uses only the file descriptor once the file exists: the owner of the folder may replace the name by a link. */
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

/** Makes a rename durable: it is part of the folder. */
function syncFolder(path: string): void {
  const folder = openSync(path, 'r');
  try {
    fsyncSync(folder);
  } finally {
    closeSync(folder);
  }
}
