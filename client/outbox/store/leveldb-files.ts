import { existsSync, readFileSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';

/** Thrown for a damaged store that LevelDB would open, deleting its data. */
class DamagedStoreError extends Error {
  override readonly name = 'DamagedStoreError';
}

/** LevelDB's lock. Closing any descriptor of it unlocks it, so it is never opened while this process has the store open. */
export const LOCK_FILE = 'LOCK';

const DATA_FILE = /^\d+\.(ldb|sst|log)$|^MANIFEST-\d+$|^CURRENT$/;
const OTHER_FILE = /^(LOG(\.old)?|\d+\.dbtmp)$/;

/** Line in LevelDB's info log about a part of a file that it could not read. */
const DROPPING = /dropping (\d+) bytes/g;

/** Sizes of blocks and record headers in LevelDB's log format, which manifests use as well. */
const BLOCK_BYTES = 32_768;
const HEADER_BYTES = 7;
const LENGTH_OFFSET = 4;

/** Whether LevelDB stores data in a file of this name. */
export function isDataFile(name: string): boolean {
  return DATA_FILE.test(name);
}

/** Whether a file of this name belongs to LevelDB, except for its lock. */
export function isLevelDbFile(name: string): boolean {
  return DATA_FILE.test(name) || OTHER_FILE.test(name);
}

/** Whether a folder contains data of LevelDB, intact or damaged. @throws the error of the file system, if access is denied */
export function holdsData(path: string): boolean {
  const isFolder = statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
  return isFolder && readdirSync(path).some(isDataFile);
}

/** Number of bytes that LevelDB could not read when it last opened a store. */
export function lostBytes(path: string): number {
  const log = join(path, 'LOG');
  const text = existsSync(log) ? readFileSync(log, 'latin1') : '';
  return [...text.matchAll(DROPPING)].reduce((sum, [, bytes]) => sum + Number(bytes), 0);
}

/**
 * Rejects a store whose manifest is missing or truncated: LevelDB deletes every file that the manifest does not mention.
 * @throws DamagedStoreError for such a store.
 */
export function refuseDamage(path: string): void {
  const pointer = join(path, 'CURRENT');
  if (!existsSync(pointer)) {
    if (holdsData(path)) throw new DamagedStoreError(`${pointer} is missing`);
    return;
  }
  const manifest = join(path, readFileSync(pointer, 'latin1').trim());
  if (!statSync(manifest, { throwIfNoEntry: false })?.isFile()) {
    throw new DamagedStoreError(`${pointer} names no manifest`);
  }
  if (isTruncated(readFileSync(manifest))) {
    throw new DamagedStoreError(`${manifest} is truncated`);
  }
}

/** Whether a file in LevelDB's log format ends within a record. */
function isTruncated(log: Buffer): boolean {
  let at = 0;
  while (at < log.length) {
    const leftInBlock = BLOCK_BYTES - (at % BLOCK_BYTES);
    if (leftInBlock < HEADER_BYTES) at += leftInBlock;
    else if (at + HEADER_BYTES > log.length) return true;
    else at += HEADER_BYTES + log.readUInt16LE(at + LENGTH_OFFSET);
  }
  return at > log.length;
}
