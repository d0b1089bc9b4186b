import { accessSync, constants, statSync } from 'node:fs';
import { systemCode } from '../errors.ts';
import { adviceFor } from './advice.ts';
import { expectedPort } from './port-name.ts';

/** Explains why a serial port of this machine cannot be opened; `undefined` if it probably can. Opens nothing. */
export function serialPortProblem(path: string, platform = process.platform): string | undefined {
  const expected = expectedPort(path, platform);
  if (expected !== undefined) return `"${path}" is not a serial port, expected ${expected}`;
  // Ports have no files on Windows, and services such as gpsd have none anywhere.
  if (!path.startsWith('/')) return undefined;
  try {
    if (!statSync(path).isCharacterDevice()) return `${path} is not a serial port`;
    accessSync(path, constants.R_OK | constants.W_OK);
    return undefined;
  } catch (error) {
    const reason = REASONS[systemCode(error)] ?? `system error ${systemCode(error)}`;
    return `cannot open ${path}, ${reason}${adviceFor(reason, path)}`;
  }
}

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'no such file',
  EACCES: 'permission denied',
};
