import { readFileSync } from 'node:fs';

/** The packed build lies one folder deeper than the sources. */
const PACKAGE_PATHS = ['../package.json', '../../package.json'];

function readVersion(): string {
  for (const path of PACKAGE_PATHS) {
    try {
      const { name, version } = JSON.parse(readFileSync(new URL(path, import.meta.url), 'utf8')) as Package;
      if (name === 'martinete') return version;
    } catch {
      // Not there: it is in the other place.
    }
  }
  return 'unknown';
}

interface Package {
  readonly name: string;
  readonly version: string;
}

/** The version of this client, as its package says. */
export const VERSION = readVersion();
