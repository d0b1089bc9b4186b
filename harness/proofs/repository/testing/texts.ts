import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join, relative } from 'node:path';

export const ROOT = join(import.meta.dirname, '../../../..');

const LEFT_OUT = new Set(['.git', 'node_modules', 'dist', 'build', 'coverage', '.martinete']);

/** The files below `folder` whose names end in one of `endings`, as paths from `root`. */
export function filesOf(endings: readonly string[], folder = ROOT, root = ROOT): string[] {
  return readdirSync(folder)
    .filter((name) => !LEFT_OUT.has(name))
    .flatMap((name) => {
      const path = join(folder, name);
      if (statSync(path).isDirectory()) return filesOf(endings, path, root);
      return endings.some((ending) => name.endsWith(ending)) ? [relative(root, path)] : [];
    });
}

/** The text of a file of the checkout. */
export function textOf(file: string): string {
  return readFileSync(join(ROOT, file), 'utf8');
}
