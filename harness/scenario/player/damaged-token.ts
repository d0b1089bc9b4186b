import { mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { writeToken } from '../../../client/token-file.ts';

/** What can be wrong with a token file. */
export type TokenDamage = 'missing' | 'short' | 'unreadable';

const PRIVATE_MODE = 0o600;

/** Damages a token file, if there is one. @returns repairs it, unless it has been replaced meanwhile */
export function damageToken(path: string, how: TokenDamage): () => void {
  if (!isFile(path)) return () => undefined;
  const token = readFileSync(path);
  rmSync(path);
  if (how === 'short') writeFileSync(path, token.subarray(1), { mode: PRIVATE_MODE });
  // Whoever runs the tests may read everything, but no folder as a file.
  if (how === 'unreadable') mkdirSync(path);
  return () => {
    if (isFile(path) && statSync(path).size === token.length) return;
    rmSync(path, { recursive: true, force: true });
    writeToken(path, token, { overwrite: true });
  };
}

function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() === true;
}
