import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, sep } from 'node:path';
import { Script } from 'node:vm';
import type { HciSocket, OpenHciSocket } from './socket.ts';

const SOCKET_PACKAGE = '@abandonware/bluetooth-hci-socket';

/** A module as its code sees it. */
interface Module {
  exports: unknown;
}

type Require = (request: string) => unknown;

/** The code of a CommonJS module. */
type ModuleFunction = (
  exports: unknown,
  require: Require,
  module: Module,
  file: string,
  folder: string,
) => void;

/** The code of the libraries' files, compiled once however often a library is loaded. */
const scripts = new Map<string, Script>();

/**
 * Runs `load` on a Bluetooth library with a module graph of its own, in which every socket comes from `open`. State that
 * the library keeps in its modules belongs to this load alone; whoever loads the library or the native socket otherwise
 * is not affected. Works with and without the native socket installed, because it is never looked up.
 */
export function loadLibrary<T>(packageName: string, open: OpenHciSocket, load: (require: Require) => T): T {
  const modules = new ModuleGraph(packageName, open);
  return load(modules.requireFrom(import.meta.url));
}

/** The modules of one load. */
class ModuleGraph {
  readonly #folder: string;
  readonly #modules = new Map<string, Module>();
  /** Stands where the library expects the native socket class. */
  readonly #Socket: () => HciSocket;

  constructor(packageName: string, open: OpenHciSocket) {
    this.#folder = dirname(createRequire(import.meta.url).resolve(`${packageName}/package.json`));
    this.#Socket = function Socket() {
      return open();
    };
  }

  /** What `require` means in a file: the library's code is run anew, its data and everything else are everybody's. */
  requireFrom(file: string): Require {
    const require = createRequire(file);
    return (request) => {
      if (request === SOCKET_PACKAGE) return this.#Socket;
      const found = require.resolve(request);
      return this.#belongsToLibrary(found) ? this.#module(found).exports : (require(request) as unknown);
    };
  }

  #belongsToLibrary(file: string): boolean {
    const isInside = file.startsWith(this.#folder + sep) && file.endsWith('.js');
    return isInside && !file.startsWith(join(this.#folder, 'node_modules') + sep);
  }

  #module(file: string): Module {
    const known = this.#modules.get(file);
    if (known) return known;
    const module: Module = { exports: {} };
    // Before it runs: modules may want each other.
    this.#modules.set(file, module);
    const run = compile(file).runInThisContext() as ModuleFunction;
    try {
      run.call(module.exports, module.exports, this.requireFrom(file), module, file, dirname(file));
    } catch (error) {
      this.#modules.delete(file);
      throw error;
    }
    return module;
  }
}

function compile(file: string): Script {
  const known = scripts.get(file);
  if (known) return known;
  const wrapper = '(function (exports, require, module, __filename, __dirname) { ';
  const code = `${wrapper}${readFileSync(file, 'utf8')}\n})`;
  const script = new Script(code, { filename: file, columnOffset: -wrapper.length });
  scripts.set(file, script);
  return script;
}
