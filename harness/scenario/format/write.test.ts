import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { campaignScenario } from '../campaign/schedule.ts';
import { dailyScenarios, weeklyScenarios } from './collection.ts';
import { loadScenario, readScenario } from './load.ts';
import { formatScenario } from './write.ts';

const SEEDS = Array.from({ length: 100 }, (_, index) => index + 1);

describe('a scenario that is written to a file', () => {
  it.each([...dailyScenarios(), ...weeklyScenarios()])('is read back as it was: %s', (path) => {
    const scenario = loadScenario(path);
    expect(readScenario(formatScenario(scenario), path)).toEqual(scenario);
  });

  it('is read back as it was if it is the schedule of a seed', () => {
    for (const scenario of SEEDS.map((seed) => campaignScenario(seed, 10))) {
      expect(readScenario(formatScenario(scenario), scenario.name)).toMatchObject(scenario);
    }
  });

  it('contains nothing that is default, and is laid out as those of the repository', () => {
    const path = 'scenarios/regressions/adapter-gone-while-the-broker-refuses.toml';
    const [comment = '', ...lines] = readFileSync(path, 'utf8').split('\n');
    const written = formatScenario(loadScenario(path), [comment.replace('# ', '')]);
    // The order of keys within a section is that of the reference.
    expect(written.split('\n').toSorted()).toEqual([comment, ...lines].toSorted());
  });

  it('is rejected if a file cannot contain its seed', () => {
    expect(() => formatScenario({ ...campaignScenario(1, 1), seed: 2 ** 31 })).toThrow(
      'No spelling of 2147483648: expected a whole number from 0 to 2147483647',
    );
  });
});
