import { readdirSync } from 'node:fs';
import { join, sep } from 'node:path';

const FOLDER = 'scenarios';
/** Where the stories lie that take too long for every day. */
const WEEKS = 'weeks';

/** The stories that every change has to survive, as paths from the project's root. */
export function dailyScenarios(): string[] {
  return tomlFilesIn(FOLDER).filter((path) => !path.startsWith(join(FOLDER, WEEKS) + sep));
}

/** Those that take days. */
export function weeklyScenarios(): string[] {
  return tomlFilesIn(join(FOLDER, WEEKS));
}

function tomlFilesIn(folder: string): string[] {
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' });
  return names
    .filter((name) => name.endsWith('.toml'))
    .toSorted()
    .map((name) => join(folder, name));
}
