import { describe, expect, it } from 'vitest';
import { GUARANTEE_IDS, type GuaranteeId } from '../../guarantees/ids.ts';
import { runScenario, type Outcome } from '../../scenario/player/run.ts';
import { MUTANTS } from './table.ts';

const CASES = GUARANTEE_IDS.map((id) => ({ id, ...MUTANTS[id] }));

function broken({ results }: Outcome): GuaranteeId[] {
  return results.filter(({ result }) => result.violations.length > 0).map(({ id }) => id);
}

describe.each(CASES)('$id', ({ id, about, mutation, scenario, also = [] }) => {
  it(`is kept by the correct client: ${scenario.title}`, async () => {
    const outcome = await runScenario(scenario);
    expect(broken(outcome)).toEqual([]);
    expect(outcome.results.find(({ id: checked }) => checked === id)?.result.checks).toBeGreaterThan(0);
  });

  it(`detects that ${about}`, async () => {
    const outcome = await runScenario(scenario, { mutation });
    expect(broken(outcome)).toEqual(GUARANTEE_IDS.filter((each) => each === id || also.includes(each)));
  });
});
