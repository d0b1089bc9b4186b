import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { withAdvice } from './advice.ts';
import { ADAPTERS } from './native-socket.ts';

/** What an adapter of the kernel needs. */
export interface KernelRequirements {
  /** Loads the native package. */
  readonly load: () => unknown;
  readonly platform?: NodeJS.Platform;
  /** Folder with an entry for each adapter. */
  readonly folder?: string;
}

/** Finds out why an adapter of the kernel cannot be opened; empty if it probably can. Opens nothing. */
export function kernelAdapterProblems(
  name: string,
  { load, platform = process.platform, folder = ADAPTERS }: KernelRequirements,
): readonly Error[] {
  const problems: Error[] = [];
  try {
    load();
  } catch (error) {
    problems.push(withAdvice(error, name));
  }
  if (platform === 'linux' && !existsSync(join(folder, name))) {
    const error = Object.assign(new Error(`${folder} has no ${name}`), { code: 'ENODEV' });
    problems.push(withAdvice(error, name));
  }
  return problems;
}
