import fs, { type Dirent } from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { join, relative, resolve, sep } from 'node:path';
import { replace } from '../clock/globals.ts';
import { currentOwner } from '../clock/timer-owner.ts';

/** A file as a process has left it after one of its calls of the file system. */
export interface WrittenFile {
  readonly atMs: number;
  /** Path below the watched folder. */
  readonly name: string;
  /** Permission bits. */
  readonly mode: number;
  readonly content: Buffer;
}

/** Functions that create or change a file, its name or its mode. Others end in one of them. */
const WATCHED = [
  'openSync',
  'writeSync',
  'writevSync',
  'writeFileSync',
  'appendFileSync',
  'copyFileSync',
  'renameSync',
  'linkSync',
  'chmodSync',
  'fchmodSync',
  'closeSync',
] as const;

/** The umask of a shell and of systemd, whatever the machine's is. */
const UMASK = 0o022;
const PERMISSION_BITS = 0o777;

type Call = (...args: unknown[]) => unknown;

/**
 * Watches the real files of virtual processes in a folder, until `close`: what is in them, and who can read them, after
 * each call of a process that changes one. So it sees files that exist only within one callback, as before a rename.
 */
export class FileWatch {
  /** Each state of a file that a process has caused, in order of time. */
  readonly written: WrittenFile[] = [];
  readonly #folder: string;
  readonly #now: () => number;
  readonly #latest = new Map<string, WrittenFile>();
  /** Open files of the folder. */
  readonly #descriptors = new Set<unknown>();
  readonly #umask: number;
  readonly #restore: () => void;
  #isScanning = false;

  constructor(folder: string, now: () => number) {
    this.#folder = folder + sep;
    this.#now = now;
    // What is there was written by the world.
    for (const file of this.#scan()) this.#latest.set(file.name, file);
    this.#umask = process.umask(UMASK);
    const replacements = WATCHED.map((name) => [name, this.#watched(name, fs[name] as Call)] as const);
    this.#restore = replace(fs, Object.fromEntries(replacements));
    syncBuiltinESMExports();
  }

  close(): void {
    this.#restore();
    syncBuiltinESMExports();
    process.umask(this.#umask);
    this.#record();
  }

  #watched(name: string, call: Call): Call {
    return (...args) => {
      const [first, second] = args;
      if (this.#isScanning || !currentOwner() || ![first, second].some(this.#isInside)) return call(...args);
      try {
        const result = call(...args);
        if (name === 'openSync') this.#descriptors.add(result);
        return result;
      } finally {
        if (name === 'closeSync') this.#descriptors.delete(first);
        this.#record();
      }
    };
  }

  /** Whether an argument is a path in the folder, or the descriptor of a file there. */
  readonly #isInside = (argument: unknown): boolean =>
    typeof argument === 'string'
      ? resolve(argument).startsWith(this.#folder)
      : this.#descriptors.has(argument);

  #record(): void {
    for (const file of this.#scan()) {
      const latest = this.#latest.get(file.name);
      if (latest?.mode === file.mode && latest.content.equals(file.content)) continue;
      this.#latest.set(file.name, file);
      this.written.push(file);
    }
  }

  #scan(): WrittenFile[] {
    this.#isScanning = true;
    try {
      const entries = fs.readdirSync(this.#folder, { recursive: true, withFileTypes: true });
      return entries.filter((entry) => entry.isFile()).map((entry) => this.#read(entry));
    } finally {
      this.#isScanning = false;
    }
  }

  #read({ parentPath, name }: Dirent): WrittenFile {
    const path = join(parentPath, name);
    const mode = fs.statSync(path).mode & PERMISSION_BITS;
    return { atMs: this.#now(), name: relative(this.#folder, path), mode, content: fs.readFileSync(path) };
  }
}
