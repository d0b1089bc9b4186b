import type { Logger } from './log.ts';
import type { TokenSource } from './scooter/token-source.ts';
import { readToken, isTokenFilePrivate, tokenFileExists } from './token-file.ts';

/**
 * Reads the token file again for each login, since the scooter may have been paired again while the client is running. If
 * the file becomes unreadable, the last token is used.
 */
export class CurrentToken implements TokenSource {
  readonly #path: string;
  readonly #log: Logger;
  #lastRead: Buffer | undefined;

  constructor(path: string, log: Logger) {
    this.#path = path;
    this.#log = log;
  }

  get isPresent(): boolean {
    return this.#lastRead !== undefined || tokenFileExists(this.#path);
  }

  /** The current token; warns once if other users can read the file. @throws what `readToken` throws, if none was read before. */
  read(): Buffer {
    const isFirst = this.#lastRead === undefined;
    try {
      this.#lastRead = readToken(this.#path);
    } catch (error) {
      if (this.#lastRead === undefined) throw error;
      this.#log.warn(
        { err: error },
        'cannot read the token file any more, using the last token: check the file',
      );
      return this.#lastRead;
    }
    if (isFirst && !isTokenFilePrivate(this.#path)) {
      this.#log.warn(
        { file: this.#path },
        'other users can read the token of the scooter: `chmod 600` the file',
      );
    }
    return this.#lastRead;
  }
}
