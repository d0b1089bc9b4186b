import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';

/** Environment variable with the commit, for a container or another folder without a Git repository. */
export const COMMIT_VARIABLE = 'MARTINETE_COMMIT';

/** Commit of a copy of the sources without Git repository and without {@link COMMIT_VARIABLE}. */
export const UNKNOWN_COMMIT = 'unknown';

const ROOT = new URL('../../', import.meta.url);
/** Digits of the hash of uncommitted changes. */
const CHANGES_DIGITS = 8;

/** The commit of the sources; uncommitted changes to it add `+` and a hash of them. */
export function sourceCommit(env: NodeJS.ProcessEnv = process.env, folder = ROOT): string {
  const given = env[COMMIT_VARIABLE] ?? '';
  if (given !== '') return given;
  const git = (...args: string[]): string =>
    execFileSync('git', args, {
      cwd: folder,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
      maxBuffer: Infinity,
    });
  try {
    const commit = git('rev-parse', 'HEAD').trim();
    const changes = git('diff', 'HEAD');
    if (changes === '') return commit;
    return `${commit}+${createHash('sha256').update(changes).digest('hex').slice(0, CHANGES_DIGITS)}`;
  } catch {
    return UNKNOWN_COMMIT;
  }
}
