import type { Logger } from './log.ts';
import { readToken, isTokenFilePrivate } from './token-file.ts';

/**
 * The token in its file, as it is by now: the scooter may have been paired anew while the client runs. A file that can no
 * longer be read takes no token from a client that knows it.
 */
export class CurrentToken {
  readonly #path: string;
  readonly #log: Logger;
  #lastRead: Buffer | undefined;

  constructor(path: string, log: Logger) {
    this.#path = path;
    this.#log = log;
  }

  /** Says once so where others can read it too. @throws what `readToken` throws, as long as none is known. */
  read(): Buffer {
    const isFirst = this.#lastRead === undefined;
    try {
      this.#lastRead = readToken(this.#path);
    } catch (error) {
      if (this.#lastRead === undefined) throw error;
      this.#log.warn({ err: error }, 'the token file cannot be read any more: its last content still counts');
      return this.#lastRead;
    }
    if (isFirst && !isTokenFilePrivate(this.#path)) {
      this.#log.warn({ file: this.#path }, 'others can read the token of the scooter: `chmod 600` the file');
    }
    return this.#lastRead;
  }
}
