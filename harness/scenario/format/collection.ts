import { readdirSync } from 'node:fs';
import { join, sep } from 'node:path';

const FOLDER = 'scenarios';
/** Subfolder of scenarios that take too long for every test run. */
const WEEKS = 'weeks';

/** Scenarios of the test suite, as paths from the project's root. */
export function dailyScenarios(): string[] {
  return tomlFilesIn(FOLDER).filter((path) => !path.startsWith(join(FOLDER, WEEKS) + sep));
}

/** Scenarios of several days, as paths from the project's root. */
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
