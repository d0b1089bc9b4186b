import { accessSync, constants, existsSync, rmSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { TOKEN_BYTES } from '../protocol/keys.ts';
import { ClientError, systemCode } from './errors.ts';
import { makeFolder } from './make-folder.ts';
import { readAdvice, readRegularFile } from './read-regular-file.ts';
import { replaceFile } from './replace-file.ts';

/** Readable and writable by the owner, nobody else. */
const PRIVATE_MODE = 0o600;
const GROUP_AND_OTHERS = 0o077;

/**
 * Reads the token from a file that consists of its 12 bytes, as in the earlier client.
 * @throws ClientError `token_missing` if there is no file, `config` if it is no token
 */
export function readToken(path: string): Buffer {
  const token = readIfPresent(path);
  if (token === undefined) {
    throw new ClientError(
      'token_missing',
      `There is no token at ${path}: run \`martinete register <mac>\` near the scooter to get one; for a scooter ` +
        'that needs no pairing, set authentication = "optional" in [scooter]',
    );
  }
  if (token.length !== TOKEN_BYTES) {
    throw new ClientError(
      'config',
      `${path} is ${token.length} bytes long, but a token is ${TOKEN_BYTES}: check token_file_path, restore the file, ` +
        'or run `martinete register <mac> --overwrite` near the scooter to get a new token',
    );
  }
  return token;
}

/** Whether there is a token file, valid or not. */
export function tokenFileExists(path: string): boolean {
  return existsSync(path);
}

function readIfPresent(path: string): Buffer | undefined {
  try {
    return readRegularFile(path);
  } catch (cause) {
    if (systemCode(cause) === 'ENOENT') return undefined;
    throw new ClientError('config', `Cannot read the token at ${path}: ${readAdvice(cause, '')}`, { cause });
  }
}

/** Whether an existing token may be replaced. */
export interface WriteTokenOptions {
  readonly overwrite: boolean;
}

/**
 * Creates the folder of a token file and checks that `writeToken` will succeed. To be called before a pairing: after it
 * the scooter accepts only the new token, which must not be lost.
 * @throws ClientError `config` if there is a file at `path` that must not be replaced, or its folder is not writable
 */
export function prepareTokenFile(path: string, { overwrite }: WriteTokenOptions): void {
  if (!overwrite && existsSync(path)) {
    throw new ClientError(
      'config',
      `The token file ${path} already exists: replace it with --overwrite, or set another token_file_path`,
    );
  }
  const folder = dirname(path);
  try {
    makeFolder(folder);
    accessSync(folder, constants.W_OK | constants.X_OK);
  } catch (cause) {
    throw new ClientError(
      'config',
      `Cannot write a token into ${folder} (${systemCode(cause)}): check its owner and mode`,
      { cause },
    );
  }
}

/**
 * Writes a token atomically and durably to a file that only its owner can read. A replaced token is kept as
 * `<path>.old`.
 * @throws ClientError `config` as `prepareTokenFile` does
 * @throws RangeError if `token` is not 12 bytes long
 */
export function writeToken(path: string, token: Buffer, options: WriteTokenOptions): void {
  if (token.length !== TOKEN_BYTES) {
    throw new RangeError(`A token is ${TOKEN_BYTES} bytes long, not ${token.length}.`);
  }
  prepareTokenFile(path, options);
  const old = readIfPresent(path);
  if (old) replaceFile(`${path}.old`, old, PRIVATE_MODE);
  replaceFile(path, token, PRIVATE_MODE);
}

function pendingPath(path: string): string {
  return `${path}.pending`;
}

/**
 * Writes the token that the scooter is about to adopt to `<path>.pending`: if the pairing fails at its very end, either
 * this or the current token is valid.
 */
export function writePendingToken(path: string, token: Buffer): void {
  replaceFile(pendingPath(path), token, PRIVATE_MODE);
}

/** Reads the pending token of an interrupted pairing; undefined if there is none, or none that is intact. */
export function readPendingToken(path: string): Buffer | undefined {
  try {
    const token = readRegularFile(pendingPath(path));
    return token.length === TOKEN_BYTES ? token : undefined;
  } catch {
    return undefined;
  }
}

/** Removes the pending token after a completed pairing. */
export function removePendingToken(path: string): void {
  rmSync(pendingPath(path), { force: true });
}

/** Whether only its owner can access the file at `path`. */
export function isTokenFilePrivate(path: string): boolean {
  return (statSync(path).mode & GROUP_AND_OTHERS) === 0;
}
