import { closeSync, constants, fstatSync, openSync, readFileSync } from 'node:fs';
import { systemCode } from './errors.ts';

/** Code of the error for a pipe or a device, in place of the code of a system error. */
export const NOT_A_FILE = 'not a regular file';

const READ_ADVICE: Readonly<Record<string, string>> = {
  EACCES: 'permission denied: check its owner and mode',
  EISDIR: 'it is a folder: name the file in it',
  [NOT_A_FILE]: 'it is a pipe or a device: copy its content to a file, and name that',
};

/** Explains why `readRegularFile` has failed, and what to do. @param missing what to say if there is no file */
export function readAdvice(error: unknown, missing: string): string {
  const code = systemCode(error);
  return code === 'ENOENT' ? missing : (READ_ADVICE[code] ?? `system error ${code}`);
}

/** Opening a pipe would wait for its writer. Not defined on Windows. */
const NON_BLOCKING = 'O_NONBLOCK' in constants ? constants.O_NONBLOCK : 0;

/**
 * Reads a file that a user has named. Reading a pipe or a device might never end, and could not be interrupted.
 * @throws the error of the file system, or one with the code `NOT_A_FILE`
 */
export function readRegularFile(path: string): Buffer {
  const file = openSync(path, constants.O_RDONLY | NON_BLOCKING);
  try {
    const stats = fstatSync(file);
    if (!stats.isFile() && !stats.isDirectory())
      throw Object.assign(new Error(NOT_A_FILE), { code: NOT_A_FILE });
    return readFileSync(file);
  } finally {
    closeSync(file);
  }
}
