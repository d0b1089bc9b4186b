import { accessSync, constants, existsSync, mkdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { TOKEN_BYTES } from '../protocol/keys.ts';
import { ClientError } from './errors.ts';
import { replaceFile } from './replace-file.ts';

/** Readable and writable by the owner, nobody else. */
const PRIVATE_MODE = 0o600;
const GROUP_AND_OTHERS = 0o077;

/**
 * The token in the file at `path`: its bytes are the file, as in the earlier client.
 * @throws ClientError `token_missing` without such a file, `config` if it cannot be a token
 */
export function readToken(path: string): Buffer {
  const token = readIfPresent(path);
  if (token === undefined) {
    throw new ClientError(
      'token_missing',
      `There is no token at ${path}: run \`martinete register <mac>\` beside the scooter to get one.`,
    );
  }
  if (token.length !== TOKEN_BYTES) {
    throw new ClientError(
      'config',
      `${path} is ${token.length} bytes long, and a token is ${TOKEN_BYTES}: check token_file_path, put the right ` +
        'file back, or run `martinete register <mac>` beside the scooter to get a new token.',
    );
  }
  return token;
}

function readIfPresent(path: string): Buffer | undefined {
  try {
    return readFileSync(path);
  } catch (cause) {
    const code = codeOf(cause);
    if (code === 'ENOENT') return undefined;
    throw new ClientError(
      'config',
      `The token at ${path} cannot be read (${code}): check its owner and mode.`,
      {
        cause,
      },
    );
  }
}

/** Whether an existing token may be replaced. */
export interface WriteTokenOptions {
  readonly overwrite: boolean;
}

/**
 * Makes the folder of a token file and sees to it that `writeToken` will not refuse. To be called before a pairing:
 * from then on the scooter knows only the new token, which must not be lost.
 * @throws ClientError `config` if there is a file at `path` that may not be replaced, or its folder is closed
 */
export function prepareTokenFile(path: string, { overwrite }: WriteTokenOptions): void {
  if (!overwrite && existsSync(path)) {
    throw new ClientError(
      'config',
      `There is a token at ${path} already, and it is left alone: replace it with --overwrite, or name another file as token_file_path.`,
    );
  }
  const folder = dirname(path);
  try {
    mkdirSync(folder, { recursive: true });
    accessSync(folder, constants.W_OK | constants.X_OK);
  } catch (cause) {
    throw new ClientError('config', `No token can be written into ${folder} (${codeOf(cause)}).`, { cause });
  }
}

/**
 * Writes a token that nobody else can read. It is on disk when this returns, and at no instant is there half of
 * one. A token that it replaces stays behind as `<path>.old`.
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

/**
 * Keeps a token that a scooter is about to change over to beside the present one, as `<path>.pending`: if the pairing
 * breaks off at its very end, one of the two is good, and only trying tells which.
 */
export function writePendingToken(path: string, token: Buffer): void {
  replaceFile(`${path}.pending`, token, PRIVATE_MODE);
}

/** The pairing is complete: nothing is pending any more. */
export function removePendingToken(path: string): void {
  rmSync(`${path}.pending`, { force: true });
}

/** Whether the file at `path` is closed to everybody but its owner. */
export function isTokenFilePrivate(path: string): boolean {
  return (statSync(path).mode & GROUP_AND_OTHERS) === 0;
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : 'unknown error';
}
