import { basename } from 'node:path';

/** What a run is made from, and made from again. */
export type Origin =
  | {
      readonly kind: 'file';
      /** As the user gave it. */
      readonly path: string;
      /** Instead of the file's own. */
      readonly seed?: number | undefined;
    }
  | { readonly kind: 'campaign'; readonly seed: number; readonly minutes: number };

/** How long a random schedule lasts, where nobody says. */
export const DEFAULT_MINUTES = 10;

/** How a run is known before it has begun. */
export function nameOf(origin: Origin): string {
  return origin.kind === 'file' ? basename(origin.path, '.toml') : `campaign ${origin.seed}`;
}

/** The one command that makes the same happen again. */
export function replayCommand(origin: Origin): string {
  if (origin.kind === 'campaign') return `npm run replay -- ${origin.seed} --minutes ${origin.minutes}`;
  const seed = origin.seed === undefined ? '' : ` --seed ${origin.seed}`;
  return `npm run scenario -- ${shellWord(origin.path)}${seed}`;
}

/** In quotes where a POSIX shell would take it for something else. */
function shellWord(text: string): string {
  return /^[\w./@%+=:,-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
