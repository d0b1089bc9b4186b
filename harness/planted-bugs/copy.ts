import {
  linkSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Bug } from './bug.ts';
import { compile, compiledName } from './compile.ts';
import { compileBug } from './edit.ts';

/** What a world consists of: the folders whose files are compiled. */
const FOLDERS = ['protocol', 'hci', 'client', 'simulator', 'harness'];
/** In a copy, the client has a protocol of its own: the simulator and the guarantees must not share its bugs. */
const CLIENT = 'client/';
const PROTOCOL = 'protocol/';
const CLIENT_PROTOCOL = 'client-protocol/';
/** Import of the protocol by a file of the client. */
const PROTOCOL_IMPORT = /(['"](?:\.\.\/)+)protocol\//g;
/** What the compiled files read besides. */
const SHARED = ['node_modules', 'fixtures', 'package.json'];
/** The module of the process that plays, in a copy. */
const PLAYER = 'harness/scenario/player/scenario-child.js';

/** V8 option: a client that allocates without end crashes before it takes the memory of the machine. */
export const PLAYER_MEMORY: readonly string[] = ['--max-old-space-size=1024'];

/** A compiled copy of the project in a folder of its own. */
export interface Copy {
  /** Module of a process that plays scenarios with the client of this copy. */
  readonly player: URL;
}

/**
 * Compiles the project once, outside of its folder; bugs are planted in further copies, which share the files that they
 * do not edit.
 */
export class Copies {
  readonly original: Copy;
  readonly #root: string;
  readonly #folder: string;
  readonly #files: readonly string[];
  #count = 0;

  /** @param root folder of the project */
  constructor(root: string) {
    this.#root = root;
    this.#files = FOLDERS.flatMap((folder) => sourcesIn(root, folder));
    this.#folder = mkdtempSync(join(tmpdir(), 'martinete-planted-bugs-'));
    try {
      const folder = this.#nextFolder();
      for (const file of this.#files) {
        const text = compile(this.#read(file));
        writeCompiled(folder, file, text);
        if (file.startsWith(PROTOCOL)) writeCompiled(folder, plantedName(file), text);
      }
      this.original = copyIn(folder);
    } catch (error) {
      this.remove();
      throw error;
    }
  }

  /**
   * Plants a bug in a new copy, and removes the copy once `use` has settled.
   * @throws ClientError `config` if the bug cannot be planted
   */
  async withBug<T>(bug: Bug, use: (copy: Copy) => Promise<T>): Promise<T> {
    const edited = compileBug(bug, (file) => this.#read(file));
    const folder = this.#nextFolder();
    try {
      for (const file of this.#files) {
        const text = edited.get(file);
        const planted = plantedName(file);
        if (planted !== file) this.#share(folder, compiledName(file));
        if (text === undefined) this.#share(folder, compiledName(planted));
        else writeCompiled(folder, planted, text);
      }
      return await use(copyIn(folder));
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  }

  /** Removes all copies. */
  remove(): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }

  #read(file: string): string {
    return readFileSync(join(this.#root, file), 'utf8');
  }

  #nextFolder(): string {
    const folder = join(this.#folder, String(this.#count));
    this.#count += 1;
    mkdirSync(folder);
    for (const name of SHARED) symlinkSync(join(this.#root, name), join(folder, name));
    return folder;
  }

  /** A symbolic link would lead the imports of the file to the original copy as well. */
  #share(folder: string, name: string): void {
    const path = join(folder, name);
    mkdirSync(dirname(path), { recursive: true });
    linkSync(join(this.#folder, '0', name), path);
  }
}

function copyIn(folder: string): Copy {
  return { player: pathToFileURL(join(folder, PLAYER)) };
}

function writeCompiled(folder: string, file: string, text: string): void {
  const path = join(folder, compiledName(file));
  const isClient = file.startsWith(CLIENT);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, isClient ? text.replaceAll(PROTOCOL_IMPORT, `$1${CLIENT_PROTOCOL}`) : text);
}

/** The file in which a bug of a source file is planted. */
function plantedName(file: string): string {
  return file.startsWith(PROTOCOL) ? file.replace(PROTOCOL, CLIENT_PROTOCOL) : file;
}

function sourcesIn(root: string, folder: string): string[] {
  return readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts') && !name.endsWith('.test.ts'))
    .map((name) => join(folder, name));
}
