import { existsSync, readFileSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';

/** Thrown for a damaged store that LevelDB would open, deleting its data. */
class DamagedStoreError extends Error {
  override readonly name = 'DamagedStoreError';
}

/** Data files of LevelDB. */
const DATA_FILE = /\.(ldb|sst|log)$|^MANIFEST-/;
/** Sizes of blocks and record headers in LevelDB's log format, which manifests use as well. */
const BLOCK_BYTES = 32_768;
const HEADER_BYTES = 7;
const LENGTH_OFFSET = 4;

/**
 * Rejects a store whose manifest is missing or truncated: LevelDB deletes every file that the manifest does not mention.
 * @throws DamagedStoreError for such a store.
 */
export function refuseDamage(path: string): void {
  const pointer = join(path, 'CURRENT');
  if (!existsSync(pointer)) {
    if (readdirSync(path).some((name) => DATA_FILE.test(name))) {
      throw new DamagedStoreError(`${pointer} is missing`);
    }
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
