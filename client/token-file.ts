import { existsSync, rmSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { TOKEN_BYTES } from '../protocol/keys.ts';
import { ClientError, systemCode } from './errors.ts';
import { makeFolder } from './make-folder.ts';
import { readAdvice, readRegularFile } from './read-regular-file.ts';
import { probeReplacement, replaceFile } from './replace-file.ts';

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
        'or run `martinete register <mac> --overwrite` near the scooter to get a new token; to read a scooter that ' +
        'needs no pairing, remove the file',
    );
  }
  return token;
}

/** Whether there is a token file, valid or not. What cannot be looked at counts as one: there may be a token in it. */
export function tokenFileExists(path: string): boolean {
  try {
    return statSync(path, { throwIfNoEntry: false }) !== undefined;
  } catch {
    return true;
  }
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
 * Creates the folder of a token file, and checks by writing that a token can be stored in it durably. To be called before a
 * pairing: after it the scooter accepts only the new token, which must not be lost.
 * @throws ClientError `config` if there is a file at `path` that must not be replaced or is no file, or if the disk refuses
 */
export function prepareTokenFile(path: string, { overwrite }: WriteTokenOptions): void {
  if (!overwrite) refuseExisting(path);
  attemptWrite(path, () => {
    makeFolder(dirname(path));
    probeReplacement(pendingPath(path), TOKEN_BYTES, PRIVATE_MODE);
  });
  // What cannot be read could not be kept as `<path>.old`.
  readIfPresent(path);
}

function refuseExisting(path: string): void {
  if (!existsSync(path)) return;
  throw new ClientError(
    'config',
    `The token file ${path} already exists: replace it with --overwrite, or set another token_file_path`,
  );
}

/** Advice on errors of the file system; for others, the owner and mode of a folder may be wrong. */
const WRITE_ADVICE: Readonly<Record<string, string>> = {
  ENOSPC: 'the disk is full: free some space',
  EDQUOT: 'the quota of the disk is exhausted: free some space',
  EROFS: 'the file system is read-only: check `mount`, or set another token_file_path',
  EIO: 'the disk has failed: check `dmesg`, or set another token_file_path',
};

/** Calls `act`, which writes a token. @throws ClientError `config` in place of an error of the file system */
function attemptWrite(path: string, act: () => void): void {
  try {
    act();
  } catch (cause) {
    if (cause instanceof ClientError) throw cause;
    const code = systemCode(cause);
    const folder = dirname(path);
    throw new ClientError(
      'config',
      WRITE_ADVICE[code] === undefined
        ? `Cannot write a token into ${folder} (${code}): check its owner and mode`
        : `Cannot write a token into ${folder}, ${WRITE_ADVICE[code]}`,
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
export function writeToken(path: string, token: Buffer, { overwrite }: WriteTokenOptions): void {
  if (token.length !== TOKEN_BYTES) {
    throw new RangeError(`A token is ${TOKEN_BYTES} bytes long, not ${token.length}.`);
  }
  if (!overwrite) refuseExisting(path);
  const old = readIfPresent(path);
  attemptWrite(path, () => {
    makeFolder(dirname(path));
    if (old) replaceFile(`${path}.old`, old, PRIVATE_MODE);
    replaceFile(path, token, PRIVATE_MODE);
  });
}

function pendingPath(path: string): string {
  return `${path}.pending`;
}

/**
 * Writes the token that the scooter is about to adopt to `<path>.pending`: if the pairing fails at its very end, either
 * this or the current token is valid.
 * @throws ClientError `config` if it cannot be written
 */
export function writePendingToken(path: string, token: Buffer): void {
  attemptWrite(path, () => replaceFile(pendingPath(path), token, PRIVATE_MODE));
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
