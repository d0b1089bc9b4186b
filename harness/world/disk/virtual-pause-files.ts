import type { PauseFiles } from '../../../client/pause/pause-files.ts';

/** Pause files in memory, which persist across client processes as on a disk. */
export class VirtualPauseFiles implements PauseFiles {
  readonly #texts = new Map<string, string>();

  readonly read = (path: string): string | undefined => this.#texts.get(path);

  readonly write = (path: string, text: string): void => void this.#texts.set(path, text);

  readonly rewrite = (path: string, was: string, text: string): boolean => {
    const isSame = this.#texts.get(path) === was;
    if (isSame) this.#texts.set(path, text);
    return isSame;
  };

  readonly remove = (path: string, was = this.#texts.get(path)): void => {
    if (this.#texts.get(path) === was) this.#texts.delete(path);
  };
}
