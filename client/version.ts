import { readFileSync } from 'node:fs';

/** The second path is for the packed build, which is one folder deeper than the sources. */
const PACKAGE_PATHS = ['../package.json', '../../package.json'];

function readVersion(): string {
  for (const path of PACKAGE_PATHS) {
    try {
      const { name, version } = JSON.parse(readFileSync(new URL(path, import.meta.url), 'utf8')) as Package;
      if (name === 'martinete') return version;
    } catch {
      // Try the other path.
    }
  }
  return 'unknown';
}

interface Package {
  readonly name: string;
  readonly version: string;
}

/** The version of this client, from its package.json. */
export const VERSION = readVersion();
