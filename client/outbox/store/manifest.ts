import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

/** A store that LevelDB would open as it is, and thereby lose what is in it. */
class DamagedStoreError extends Error {
  override readonly name = 'DamagedStoreError';
}

/** Files in which LevelDB keeps data. */
const DATA_FILE = /\.(ldb|sst|log)$|^MANIFEST-/;
/** Blocks of LevelDB's log format, which manifests have as well, and the header of each record in them. */
const BLOCK_BYTES = 32_768;
const HEADER_BYTES = 7;
const LENGTH_OFFSET = 4;

/**
 * LevelDB deletes every file that the manifest does not mention: if the pointer to the manifest is missing, or its end, that
 * may be all of them.
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
  if (existsSync(manifest) && isCutShort(readFileSync(manifest))) {
    throw new DamagedStoreError(`${manifest} is cut short`);
  }
}

/** Whether a file in LevelDB's log format ends within a record. */
function isCutShort(log: Buffer): boolean {
  let at = 0;
  while (at < log.length) {
    const leftInBlock = BLOCK_BYTES - (at % BLOCK_BYTES);
    if (leftInBlock < HEADER_BYTES) at += leftInBlock;
    else if (at + HEADER_BYTES > log.length) return true;
    else at += HEADER_BYTES + log.readUInt16LE(at + LENGTH_OFFSET);
  }
  return at > log.length;
}
