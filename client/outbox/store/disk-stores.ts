import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  closeSync,
  constants,
  existsSync,
  fchmodSync,
  fstatSync,
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
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { basename, dirname, join, resolve } from 'node:path';
import { ClassicLevel } from 'classic-level';
import { makeFolder } from '../../make-folder.ts';
import { giveToOwner } from '../../file-ownership.ts';
import { isLocked } from './file-locks.ts';
import { refuseDamage } from './manifest.ts';
import type { StoreOperation, StoreProvider } from './store-provider.ts';

/** Free space that LevelDB may need to open a store: it converts a full log to a table of about this size. */
const MIN_FREE_BYTES = 8_000_000;
/** Size of the file written to check whether writes succeed. */
const PROBE_BYTES = 65_536;
/** Months of positions are private to their owner. */
const FOLDER_MODE = 0o700;
const FILE_MODE = 0o600;
const PRIVATE_UMASK = 0o077;
/** Number of stores that were set aside and are kept, the newest ones. */
const KEPT_ASIDE = 3;

const DATA_FILE = /\.(ldb|sst|log)$|^MANIFEST-|^CURRENT$/;
/** Line in LevelDB's info log about a part of a file that it could not read. */
const DROPPING = /dropping (\d+) bytes/g;

/** File in the folder of a store with the number of consecutive processes that did not close the store. */
const CRASH_COUNT_FILE = 'opening';
const PROBE_FILE = 'probe';

/** Signals that end a process in which LevelDB crashes, as opposed to a process that is killed. */
const CRASH_SIGNALS: readonly unknown[] = ['SIGABRT', 'SIGSEGV', 'SIGBUS', 'SIGILL', 'SIGFPE', 'SIGTRAP'];
const NO_FOLLOW = constants.O_NOFOLLOW | constants.O_NONBLOCK;

/** Script of the child process that checks whether an operation crashes. */
const CHILD_SCRIPT = `
  const [levelPath, path, operation] = process.argv.slice(1);
  const { ClassicLevel } = require(levelPath);
  const operations = {
    repair: () => ClassicLevel.repair(path),
    read: async () => {
      const store = new ClassicLevel(path, { createIfMissing: false });
      await store.open();
      for await (const _ of store.iterator()) continue;
      await store.close();
    },
  };
  operations[operation]().then(() => process.exit(0), () => process.exit(1));`;

/** Stores in folders of the file system. */
export const diskStores: StoreProvider = {
  create: (path) => {
    makeFolder(dirname(path));
    makeFolder(path, FOLDER_MODE);
    restrictAccess(path);
    refuseDamage(path);
    return new ClassicLevel(path);
  },
  repair: (path) => ClassicLevel.repair(path),
  exists: holdsData,
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
      throw new Error(
        `${path} is not a directory: set [outbox] path to a directory that is used for nothing else`,
      );
    }
    const aside = `${path}.aside-${new Date().toISOString().replace(/[:.]/g, '-')}`;
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
  lostBytes: (path) => {
    const log = join(path, 'LOG');
    const text = existsSync(log) ? readFileSync(log, 'latin1') : '';
    return [...text.matchAll(DROPPING)].reduce((sum, [, bytes]) => sum + Number(bytes), 0);
  },
  markInUse: (path) => {
    // LevelDB creates files at any time, in its own threads.
    process.umask(PRIVATE_UMASK);
    try {
      makeFolder(dirname(path));
      makeFolder(path, FOLDER_MODE);
      // Not synced, so that crashes count, and power cuts usually do not.
      const file = openSync(
        join(path, CRASH_COUNT_FILE),
        constants.O_RDWR | constants.O_CREAT | NO_FOLLOW,
        FILE_MODE,
      );
      try {
        const crashes = Number(readFileSync(file, 'latin1').split('\n').at(-2)) || 0;
        writeFileSync(file, `${crashes + 1}\n`);
        giveToOwner(file, join(path, CRASH_COUNT_FILE));
        return crashes;
      } finally {
        closeSync(file);
      }
    } catch {
      return 0;
    }
  },
  clearInUse: (path) => {
    try {
      restrictAccess(path);
      rmSync(join(path, CRASH_COUNT_FILE), { force: true });
    } catch {
      // If it cannot be removed, it could not be written either.
    }
  },
  survives: async (path, operation: StoreOperation) => {
    const level = createRequire(import.meta.url).resolve('classic-level');
    const child = spawn(process.execPath, ['-e', CHILD_SCRIPT, level, path, operation], { stdio: 'ignore' });
    try {
      const [, signal] = (await once(child, 'exit')) as [unknown, unknown];
      return !CRASH_SIGNALS.includes(signal);
    } catch {
      // If no process can be started, assume that the operation does not crash.
      return true;
    }
  },
  copy: (path) => {
    const copy = mkdtempSync(join(tmpdir(), 'martinete-outbox-'));
    // Links are enough: LevelDB does not modify existing files, and deletes only the links.
    for (const name of readdirSync(path).filter((file) => DATA_FILE.test(file))) {
      const file = join(resolve(path), name);
      if (lstatSync(file).isFile()) symlinkSync(file, join(copy, name));
    }
    return { path: copy, remove: () => rmSync(copy, { recursive: true, force: true }) };
  },
};

function holdsData(path: string): boolean {
  return (
    existsSync(path) && statSync(path).isDirectory() && readdirSync(path).some((name) => DATA_FILE.test(name))
  );
}

function asideOf(path: string): string[] {
  const folder = dirname(path);
  if (!existsSync(folder)) return [];
  const names = readdirSync(folder).filter((name) => name.startsWith(`${basename(path)}.aside-`));
  return names.sort().map((name) => join(folder, name));
}

/** Removes the permissions of other users from a folder and its files; files created by root get its owner. */
function restrictAccess(path: string): void {
  restrict(path, FOLDER_MODE);
  for (const name of readdirSync(path)) restrict(join(path, name), FILE_MODE);
}

/** Sets the mode of a file or folder, except for symbolic links and files of other users. */
function restrict(path: string, mode: number): void {
  try {
    const file = openSync(path, constants.O_RDONLY | NO_FOLLOW);
    try {
      const stats = fstatSync(file);
      const isExpected = mode === FOLDER_MODE ? stats.isDirectory() : stats.isFile();
      if (isExpected && (stats.mode & 0o777) !== mode) fchmodSync(file, mode);
      if (isExpected) giveToOwner(file, path);
    } finally {
      closeSync(file);
    }
  } catch {
    // The mode of another user's file cannot be changed.
  }
}
