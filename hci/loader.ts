import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, sep } from 'node:path';
import { Script } from 'node:vm';
import type { HciSocket, OpenHciSocket } from './socket.ts';

const SOCKET_PACKAGE = '@abandonware/bluetooth-hci-socket';

/** A CommonJS `module` object. */
interface Module {
  exports: unknown;
}

type Require = (request: string) => unknown;

/** Wrapper function of a CommonJS module. */
type ModuleFunction = (
  exports: unknown,
  require: Require,
  module: Module,
  file: string,
  folder: string,
  console: Console,
) => void;

/** What a library gets in place of the process's own. */
export interface LibraryHost {
  /** Creates every HCI socket. */
  readonly open: OpenHciSocket;
  readonly console: Console;
}

/**
 * The beginning of a debug statement. The libraries print every packet in hex, and most of the text is created for
 * nothing: `debug` itself finds out only then that it is not enabled.
 */
const DEBUG_STATEMENT = /^( *)debug\(/gm;
const IF_ENABLED = '$1debug.enabled && debug(';

/** Compiled scripts by file, shared by all loads. */
const scripts = new Map<string, Script>();

/**
 * Loads a Bluetooth library with its own module graph, in which HCI sockets and the console are those of `host`. The
 * library's module state is private to this load, and other users of the library, of the native socket or of the console
 * are not affected. The native socket package need not be installed, because it is never resolved. Arguments of debug
 * statements are evaluated only if `DEBUG` enables them.
 */
export function loadLibrary<T>(packageName: string, host: LibraryHost, load: (require: Require) => T): T {
  const modules = new ModuleGraph(packageName, host);
  return load(modules.requireFrom(import.meta.url));
}

/** Module graph of one load. */
class ModuleGraph {
  readonly #folder: string;
  readonly #modules = new Map<string, Module>();
  /** Replaces the native socket class. */
  readonly #Socket: () => HciSocket;
  readonly #console: Console;

  constructor(packageName: string, { open, console }: LibraryHost) {
    this.#console = console;
    this.#folder = dirname(createRequire(import.meta.url).resolve(`${packageName}/package.json`));
    this.#Socket = function Socket() {
      return open();
    };
  }

  /** Creates the `require` of a file: the library's own code is loaded privately, everything else is shared. */
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
    // Set before it runs, because modules may require each other.
    this.#modules.set(file, module);
    const run = compile(file).runInThisContext() as ModuleFunction;
    try {
      run.call(
        module.exports,
        module.exports,
        this.requireFrom(file),
        module,
        file,
        dirname(file),
        this.#console,
      );
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
  const wrapper = '(function (exports, require, module, __filename, __dirname, console) { ';
  const source = readFileSync(file, 'utf8').replace(DEBUG_STATEMENT, IF_ENABLED);
  const code = `${wrapper}${source}\n})`;
  const script = new Script(code, { filename: file, columnOffset: -wrapper.length });
  scripts.set(file, script);
  return script;
}
