import type { PauseFiles } from '../../../client/pause/pause-files.ts';

/** What is wrong with the pause file. */
export const PAUSE_FILE_FAULTS = ['unreadable', 'invalid', 'unwritable', 'unremovable'] as const;
export type PauseFileFault = (typeof PAUSE_FILE_FAULTS)[number];

/** Pause files in memory, which persist across client processes as on a disk. */
export class VirtualPauseFiles implements PauseFiles {
  readonly #texts = new Map<string, string>();
  readonly #faults = new Set<{ readonly fault: PauseFileFault }>();

  /** @returns ends the fault */
  fail(fault: PauseFileFault): () => void {
    const entry = { fault };
    this.#faults.add(entry);
    return () => this.#faults.delete(entry);
  }

  readonly read = (path: string): string | undefined => {
    this.#throwIf('unreadable', 'EACCES: permission denied, open');
    return this.#has('invalid') ? '{"until":"tomorrow"}' : this.#texts.get(path);
  };

  readonly write = (path: string, text: string): void => {
    this.#throwIf('unwritable', 'EROFS: read-only file system, open');
    this.#texts.set(path, text);
  };

  readonly rewrite = (path: string, was: string, text: string): boolean => {
    this.#throwIf('unwritable', 'EROFS: read-only file system, open');
    const isSame = this.#texts.get(path) === was;
    if (isSame) this.#texts.set(path, text);
    return isSame;
  };

  readonly remove = (path: string, was = this.#texts.get(path)): void => {
    this.#throwIf('unremovable', 'EROFS: read-only file system, unlink');
    if (this.#texts.get(path) === was) this.#texts.delete(path);
  };

  #has(fault: PauseFileFault): boolean {
    return [...this.#faults].some((entry) => entry.fault === fault);
  }

  #throwIf(fault: PauseFileFault, message: string): void {
    if (this.#has(fault)) throw Object.assign(new Error(message), { code: message.split(':')[0] });
  }
}
