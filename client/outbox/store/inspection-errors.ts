import { tmpdir } from 'node:os';
import { ClientError } from '../../errors.ts';

/** Creates the error for an outbox that does not exist. */
export function noOutbox(path: string): ClientError {
  return new ClientError(
    'config',
    `There is no outbox at ${path}: no client has run with this path yet. Check [outbox] path, or --path`,
  );
}

/** Creates the error for an outbox that cannot be read. @param cause error of the file system or of LevelDB */
export function unreadableOutbox(path: string, cause: unknown): ClientError {
  const errors = chain(cause);
  const denied = errors.find((error) => isDenied(error));
  if (denied && isAbout(denied, path)) {
    return new ClientError(
      'config',
      `Cannot read the outbox at ${path}, permission denied: run this command as the user of the client`,
      { cause },
    );
  }
  const codes = errors.flatMap((error) => ('code' in error ? [String(error.code)] : []));
  const reason = codes.at(-1) ?? errors.at(-1)?.message ?? String(cause);
  return new ClientError(
    'config',
    `Cannot read the outbox at ${path} (${reason}): check its disk, and the temporary folder ${tmpdir()}, in which a ` +
      'copy of it is opened',
    { cause },
  );
}

/** An error and its causes. */
function chain(error: unknown): Error[] {
  return error instanceof Error ? [error, ...chain(error.cause)] : [];
}

/** Whether permission is denied: by the file system, or as LevelDB says so. */
function isDenied(error: Error): boolean {
  const code = 'code' in error ? error.code : undefined;
  return code === 'EACCES' || code === 'EPERM' || /permission denied/i.test(error.message);
}

/** Whether an error of the file system is about the outbox itself. LevelDB names no path: its copy consists of links. */
function isAbout(error: Error, path: string): boolean {
  return !('path' in error) || String(error.path).startsWith(path) || path.startsWith(String(error.path));
}
