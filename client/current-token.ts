import type { Logger } from './log.ts';
import type { TokenSource } from './scooter/token-source.ts';
import {
  isTokenFilePrivate,
  readPendingToken,
  readToken,
  removePendingToken,
  tokenFileExists,
  writeToken,
} from './token-file.ts';

/**
 * Reads the token file again for each login, since the scooter may have been paired again while the client is running. If
 * the file becomes unreadable, the last token is used. If the token is missing or refused, the pending token of an
 * interrupted pairing is tried, and adopted once the scooter accepts it.
 */
export class CurrentToken implements TokenSource {
  readonly #path: string;
  readonly #log: Logger;
  #lastRead: Buffer | undefined;
  #refused: readonly Buffer[] = [];

  constructor(path: string, log: Logger) {
    this.#path = path;
    this.#log = log;
  }

  get isPresent(): boolean {
    return this.#lastRead !== undefined || tokenFileExists(this.#path) || this.#pending() !== undefined;
  }

  /** The token to log in with. @throws what `readToken` throws, if none was read before. */
  read(): Buffer {
    const pending = this.#pending();
    if (pending && this.#lastRead === undefined && !tokenFileExists(this.#path)) return pending;
    const current = this.#readCurrent();
    return pending && this.#isRefused(current) ? pending : current;
  }

  /** Replaces the token file if the pending token was accepted. The scooter holds one token, so no other is kept pending. */
  accepted(token: Buffer): void {
    this.#refused = [];
    const pending = readPendingToken(this.#path);
    if (!pending) return;
    try {
      if (pending.equals(token)) {
        writeToken(this.#path, token, { overwrite: true });
        this.#log.info({ file: this.#path }, 'adopted the pending token of an interrupted pairing');
      }
      removePendingToken(this.#path);
    } catch (error) {
      this.#log.warn(
        { err: error },
        'cannot adopt the pending token: check owner and mode of the token file',
      );
    }
  }

  refused(token: Buffer): boolean {
    this.#refused = [...this.#refused, token];
    return this.isPresent && !this.#isRefused(this.read());
  }

  #isRefused(token: Buffer): boolean {
    return this.#refused.some((refused) => refused.equals(token));
  }

  /** The pending token, unless the scooter has refused it. */
  #pending(): Buffer | undefined {
    const pending = readPendingToken(this.#path);
    return pending && !this.#isRefused(pending) ? pending : undefined;
  }

  /** The token of the file; warns once if other users can read it. */
  #readCurrent(): Buffer {
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
