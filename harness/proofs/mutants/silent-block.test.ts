import { describe, expect, it } from 'vitest';
import { runScenario, type Outcome } from '../../scenario/player/run.ts';
import { omitsRange, repeatsBattery } from './publishers.ts';
import { fromFile } from './scenarios.ts';

const SCENARIO = fromFile('scooter-silent-battery');

function broken({ results }: Outcome): string[] {
  return results.filter(({ result }) => result.violations.length > 0).map(({ id }) => id);
}

describe('S4 detects a client that, while the battery is silent,', () => {
  it.each([
    ['publishes its last known values', repeatsBattery()],
    ['has null for a value that the scooter reports', omitsRange()],
  ])('%s', async (_, mutation) => {
    expect(broken(await runScenario(SCENARIO, { mutation }))).toEqual(['S4']);
  });
});
