import { basename } from 'node:path';

/** Where a scenario comes from: enough to run it again. */
export type Origin =
  | {
      readonly kind: 'file';
      /** As the user wrote it. */
      readonly path: string;
      /** Overrides the seed of the file. */
      readonly seed?: number | undefined;
    }
  | { readonly kind: 'campaign'; readonly seed: number; readonly minutes: number };

/** Default duration of a random schedule. */
export const DEFAULT_MINUTES = 10;

/** Name of a run, known before it starts. */
export function nameOf(origin: Origin): string {
  return origin.kind === 'file' ? basename(origin.path, '.toml') : `campaign ${origin.seed}`;
}

/** The command that repeats a run. */
export function replayCommand(origin: Origin): string {
  if (origin.kind === 'campaign') return `npm run replay -- ${origin.seed} --minutes ${origin.minutes}`;
  const seed = origin.seed === undefined ? '' : ` --seed ${origin.seed}`;
  return `npm run scenario -- ${shellWord(origin.path)}${seed}`;
}

/** Quotes a word for a POSIX shell if needed. */
function shellWord(text: string): string {
  return /^[\w./@%+=:,-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
