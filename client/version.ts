import { readFileSync } from 'node:fs';

/** The packed build lies one folder deeper than the sources. */
const PLACES = ['../package.json', '../../package.json'];

function read(): string {
  for (const place of PLACES) {
    try {
      const { name, version } = JSON.parse(readFileSync(new URL(place, import.meta.url), 'utf8')) as Package;
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
export const VERSION = read();
