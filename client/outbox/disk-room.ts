import { existsSync, readFileSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { rm, statfs, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { ClassicLevel } from 'classic-level';
import { makeFolder } from '../make-folder.ts';
import { isLocked } from './file-locks.ts';
import type { StoreRoom } from './open.ts';

/** What LevelDB may need in order to open a store: a full log becomes a table of this size, beside it. */
const LEAST_FREE_BYTES = 8_000_000;
/** Enough to find out whether the disk takes anything. */
const PROBE_BYTES = 65_536;

/** Files in which LevelDB keeps data. */
const DATA_FILE = /\.(ldb|sst|log)$|^MANIFEST-/;
/** What LevelDB writes into its own log about a part of a file that it could not read. */
const DROPPING = /dropping (\d+) bytes/g;

/** Next to them, how many processes have begun to open the store without coming to an end. */
const OPENING_FILE = 'opening';

/** A store that LevelDB would open as it is, and thereby lose what is in it. */
class DamagedStoreError extends Error {
  override readonly name = 'DamagedStoreError';
}

/** Stores in folders of the file system. */
export const diskRoom: StoreRoom = {
  create: (path) => {
    makeFolder(dirname(path));
    refuseDamage(path);
    return new ClassicLevel(path);
  },
  repair: (path) => ClassicLevel.repair(path),
  exists: (path) => existsSync(join(path, 'CURRENT')) || holdsData(path),
  isOpen: (path) => {
    try {
      const lock = statSync(join(path, 'LOCK'), { bigint: true, throwIfNoEntry: false });
      if (!lock) return false;
      const [locks, mounts] = [
        readFileSync('/proc/locks', 'latin1'),
        readFileSync('/proc/self/mountinfo', 'latin1'),
      ];
      return isLocked(lock, { locks, mounts });
    } catch {
      return undefined;
    }
  },
  setAside: (path) => {
    if (existsSync(path) && !statSync(path).isDirectory()) {
      throw new Error(`${path} is no outbox, and is left alone: name a folder of its own as [outbox] path`);
    }
    const aside = `${path}.aside-${new Date().toISOString().replace(/[:.]/g, '-')}`;
    renameSync(path, aside);
    return aside;
  },
  probe: async (path) => {
    makeFolder(path);
    const { bavail, bsize } = await statfs(path);
    if (bavail * bsize < LEAST_FREE_BYTES) throw new Error(`The disk is full: ${path}`);
    const file = join(path, 'probe');
    try {
      await writeFile(file, Buffer.alloc(PROBE_BYTES), { flush: true });
    } finally {
      await rm(file, { force: true });
    }
  },
  lostBytes: (path) => {
    const log = join(path, 'LOG');
    const text = existsSync(log) ? readFileSync(log, 'latin1') : '';
    return [...text.matchAll(DROPPING)].reduce((sum, [, bytes]) => sum + Number(bytes), 0);
  },
  opening: (path) => {
    const file = join(path, OPENING_FILE);
    try {
      const deaths = existsSync(file) ? Number(readFileSync(file, 'latin1')) || 0 : 0;
      makeFolder(path);
      // Not synced: the death of a process leaves it there, a power cut rather not.
      writeFileSync(file, String(deaths + 1));
      return deaths;
    } catch {
      return 0;
    }
  },
  opened: (path) => {
    try {
      rmSync(join(path, OPENING_FILE), { force: true });
    } catch {
      // It could not be written either.
    }
  },
};

function holdsData(path: string): boolean {
  return (
    existsSync(path) && statSync(path).isDirectory() && readdirSync(path).some((name) => DATA_FILE.test(name))
  );
}

/**
 * LevelDB deletes every file that the manifest does not mention: where the way to the manifest is missing, or its end,
 * that may be all of them.
 */
function refuseDamage(path: string): void {
  if (!existsSync(path)) return;
  const pointer = join(path, 'CURRENT');
  if (!existsSync(pointer)) {
    if (holdsData(path)) {
      throw new DamagedStoreError(`${pointer} is missing`);
    }
    return;
  }
  const manifest = join(path, readFileSync(pointer, 'latin1').trim());
  if (existsSync(manifest) && isCutShort(readFileSync(manifest))) {
    throw new DamagedStoreError(`${manifest} is cut short`);
  }
}

/** Blocks of LevelDB's log format, which manifests have as well, and the header of each record in them. */
const BLOCK_BYTES = 32_768;
const HEADER_BYTES = 7;
const LENGTH_OFFSET = 4;

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
