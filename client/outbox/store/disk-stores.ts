import {
  closeSync,
  constants,
  existsSync,
  lstatSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { open, rm, statfs } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join, resolve } from 'node:path';
import { ClassicLevel } from 'classic-level';
import { ClientError } from '../../errors.ts';
import { giveToOwner } from '../../file-ownership.ts';
import { isLocked } from '../../file-locks.ts';
import { makeFolder } from '../../make-folder.ts';
import { FILE_MODE, FOLDER_MODE, NO_FOLLOW, restrictAccess } from '../../private-folder.ts';
import { survives } from './crash-check.ts';
import { holdsData, isDataFile, isLevelDbFile, LOCK_FILE, lostBytes, refuseDamage } from './leveldb-files.ts';
import type { StoreProvider } from './store-provider.ts';

/** Free space that LevelDB may need to open a store: it converts a full log to a table of about this size. */
const MIN_FREE_BYTES = 8_000_000;
/** Size of the file written to check whether writes succeed. */
const PROBE_BYTES = 65_536;
/** Number of stores that were set aside and are kept, the newest ones. */
const KEPT_ASIDE = 3;

/** File in the folder of a store with the number of consecutive processes that did not close the store. */
const CRASH_COUNT_FILE = 'opening';
const PROBE_FILE = 'probe';

const OWN_FILES: readonly string[] = [CRASH_COUNT_FILE, PROBE_FILE];
/** Folders that may be in an otherwise empty folder: of a repair, and of a file system. */
const KNOWN_FOLDERS = ['lost', 'lost+found'];

/** Stores in folders of the file system. */
export const diskStores: StoreProvider = {
  create: (path) => {
    makeFolder(dirname(path));
    makeFolder(path, FOLDER_MODE);
    refuseForeignFiles(path);
    closeSync(openSync(join(path, LOCK_FILE), constants.O_RDWR | constants.O_CREAT | NO_FOLLOW, FILE_MODE));
    restrictAccess(path, (name) => name === LOCK_FILE || isUnlockedStoreFile(name));
    refuseDamage(path);
    const store = new ClassicLevel(path);
    // LevelDB creates files at any time: those created by root must be accessible to the owner of the folder.
    const restrictNew = (): void => restrictAccess(path, isUnlockedStoreFile);
    store.hooks.postopen.add(() => {
      restrictNew();
      return Promise.resolve();
    });
    store.on('closed', restrictNew);
    return store;
  },
  repair: (path) => ClassicLevel.repair(path),
  exists: holdsData,
  isOpen: (path) => {
    try {
      const lock = statSync(join(path, LOCK_FILE), { bigint: true, throwIfNoEntry: false });
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
    const now = new Date().toISOString().replace(/[:.]/g, '-');
    const aside = join(dirname(path), `${basename(path)}.aside-${now}`);
    renameSync(path, aside);
    for (const old of asideOf(path).slice(0, -KEPT_ASIDE)) rmSync(old, { recursive: true, force: true });
    return aside;
  },
  asideOf,
  probe: async (path) => {
    makeFolder(dirname(path));
    makeFolder(path, FOLDER_MODE);
    const { bavail, bsize } = await statfs(path);
    if (bavail * bsize < MIN_FREE_BYTES) throw new Error(`The disk is full: ${path}`);
    const file = join(path, PROBE_FILE);
    await rm(file, { force: true });
    try {
      const handle = await open(file, 'wx', FILE_MODE);
      try {
        await handle.writeFile(Buffer.alloc(PROBE_BYTES));
        await handle.datasync();
      } finally {
        await handle.close();
      }
    } finally {
      await rm(file, { force: true });
    }
  },
  lostBytes,
  markInUse: (path) => {
    try {
      makeFolder(dirname(path));
      makeFolder(path, FOLDER_MODE);
      return replaceCrashCount(path, (crashes) => crashes + 1);
    } catch {
      return 0;
    }
  },
  clearInUse: (path, crashes = 0) => {
    try {
      if (crashes > 0) replaceCrashCount(path, () => crashes);
      else rmSync(join(path, CRASH_COUNT_FILE), { force: true });
    } catch {
      // If it cannot be changed, it could not be written either.
    }
  },
  survives,
  copy: (path) => {
    const copy = mkdtempSync(join(tmpdir(), 'martinete-outbox-'));
    const removeFiles = (): void => rmSync(copy, { recursive: true, force: true });
    try {
      // Links are enough: LevelDB does not modify existing files, and deletes only the links.
      for (const name of readdirSync(path).filter(isDataFile)) {
        const file = join(resolve(path), name);
        if (lstatSync(file).isFile()) symlinkSync(file, join(copy, name));
      }
    } catch (error) {
      removeFiles();
      throw error;
    }
    process.once('exit', removeFiles);
    const remove = (): void => {
      process.off('exit', removeFiles);
      removeFiles();
    };
    return { path: copy, remove };
  },
};

function asideOf(path: string): string[] {
  const folder = dirname(path);
  if (!existsSync(folder)) return [];
  const names = readdirSync(folder).filter((name) => name.startsWith(`${basename(path)}.aside-`));
  return names.sort().map((name) => join(folder, name));
}

function isUnlockedStoreFile(name: string): boolean {
  return isLevelDbFile(name) || OWN_FILES.includes(name);
}

/** Rejects a folder that holds files but no store, such as a home folder, before any of them is changed. */
function refuseForeignFiles(path: string): void {
  if (holdsData(path)) return;
  const foreign = readdirSync(path).find(
    (name) => name !== LOCK_FILE && !isUnlockedStoreFile(name) && !KNOWN_FOLDERS.includes(name),
  );
  if (foreign === undefined) return;
  throw new ClientError(
    'config',
    `${path} holds ${foreign}, but no outbox: set [outbox] path to a directory that is used for nothing else`,
  );
}

/** Updates the number of crashes; returns the number before. Not synced: crashes count, and power cuts usually do not. */
function replaceCrashCount(path: string, next: (crashes: number) => number): number {
  const name = join(path, CRASH_COUNT_FILE);
  const file = openSync(name, constants.O_RDWR | constants.O_CREAT | NO_FOLLOW, FILE_MODE);
  try {
    const crashes = Number(readFileSync(file, 'latin1').split('\n').at(-2)) || 0;
    writeFileSync(file, `${next(crashes)}\n`);
    giveToOwner(file, name);
    return crashes;
  } finally {
    closeSync(file);
  }
}
