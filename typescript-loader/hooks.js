import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';

const CACHE = join(import.meta.dirname, '../build/stripped');
const require = createRequire(import.meta.url);

/**
 * Loads TypeScript as Node.js 22.18 does by itself: types become blanks, so that every line and column stays where it
 * is. Tests start some forty processes: what one of them has stripped is kept for the others.
 */
export async function load(url, context, nextLoad) {
  if (!url.endsWith('.ts')) return nextLoad(url, context);
  return { format: 'module', shortCircuit: true, source: stripped(readFileSync(new URL(url), 'utf8')) };
}

function stripped(source) {
  const file = join(CACHE, `${createHash('sha1').update(source).digest('hex')}.js`);
  try {
    return readFileSync(file, 'utf8');
  } catch {
    const { code } = require('@swc/wasm-typescript').transformSync(source, { mode: 'strip-only' });
    keep(file, code);
    return code;
  }
}

/** Processes that write the same file at the same time leave a whole one. */
function keep(file, code) {
  mkdirSync(CACHE, { recursive: true });
  const draft = `${file}.${process.pid}`;
  writeFileSync(draft, code);
  renameSync(draft, file);
}
