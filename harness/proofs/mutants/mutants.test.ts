import { describe, expect, it } from 'vitest';
import { GUARANTEE_IDS, type GuaranteeId } from '../../guarantees/ids.ts';
import type { Scenario } from '../../scenario/format/scenario.ts';
import { runScenario, type Outcome } from '../../scenario/player/run.ts';
import { MUTANTS } from './table.ts';

const CASES = GUARANTEE_IDS.map((id) => ({ id, ...MUTANTS[id] }));

/** Runs of the correct client, by scenario. */
const outcomes = new Map<Scenario, Promise<Outcome>>();

function correct(scenario: Scenario): Promise<Outcome> {
  const outcome = outcomes.get(scenario) ?? runScenario(scenario);
  outcomes.set(scenario, outcome);
  return outcome;
}

function broken({ results }: Outcome): GuaranteeId[] {
  return results.filter(({ result }) => result.violations.length > 0).map(({ id }) => id);
}

describe.each(CASES)('$id', ({ id, about, mutation, scenario, also = [] }) => {
  it(`is kept by the correct client: ${scenario.title}`, async () => {
    const outcome = await correct(scenario);
    expect(broken(outcome)).toEqual([]);
    expect(outcome.results.find(({ id: checked }) => checked === id)?.result.checks).toBeGreaterThan(0);
  });

  it(`detects that ${about}`, async () => {
    const outcome = await runScenario(scenario, { mutation });
    expect(broken(outcome)).toEqual(GUARANTEE_IDS.filter((each) => each === id || also.includes(each)));
  });
});
