import { transformSync } from '@swc/wasm-typescript';

/** Import and export specifiers of files of ours. */
const RELATIVE_SPECIFIER = /\b(from|import)(\s*\(?\s*)(['"])(\.{1,2}\/[^'"\n]+)\.ts\3/g;

/**
 * Compiles one TypeScript file to a module of Node.js: types are replaced by spaces, so that every line and column stays where it
 * is, and imports lead to compiled files.
 * @throws Error with the first syntax error
 */
export function compile(source: string): string {
  return strip(source).replaceAll(RELATIVE_SPECIFIER, '$1$2$3$4.js$3');
}

/** The name of a compiled file. */
export function compiledName(file: string): string {
  return file.replace(/\.ts$/, '.js');
}

function strip(source: string): string {
  try {
    return transformSync(source, { mode: 'strip-only' }).code;
  } catch (error) {
    throw new Error(messageOf(error), { cause: error });
  }
}

/** The compiler throws plain objects. */
function messageOf(error: unknown): string {
  const { message } = error as { message?: unknown };
  return typeof message === 'string' ? message : String(error);
}
