import type { Scenario, Step } from '../../format/scenario.ts';
import type { ScenarioDraft } from '../../format/write.ts';

/** End of the last fault; 0 without faults. */
export function endOfFaults({ steps }: Scenario): number {
  return Math.max(0, ...steps.map(({ atMs, forMs = 0 }) => atMs + forMs));
}

/** Ends a scenario earlier: without the steps that would begin later, and with shorter ones if they would end later. */
export function endingAt(scenario: Scenario, durationMs: number): ScenarioDraft {
  const steps = scenario.steps
    .filter(({ atMs }) => atMs < durationMs)
    .map((step): Step =>
      step.forMs === undefined ? step : { ...step, forMs: Math.min(step.forMs, durationMs - step.atMs) },
    );
  return { ...recoveringEarlier(scenario, scenario.durationMs - durationMs), durationMs, steps };
}

/** Moves the steps from an index on, and what follows them, to an earlier time. */
export function broughtForward(scenario: Scenario, index: number, byMs: number): ScenarioDraft {
  return {
    ...recoveringEarlier(scenario, byMs),
    durationMs: scenario.durationMs - byMs,
    steps: scenario.steps.map((step, other) => (other < index ? step : { ...step, atMs: step.atMs - byMs })),
  };
}

function recoveringEarlier(scenario: Scenario, byMs: number): ScenarioDraft {
  const { recoveredByMs } = scenario.expect;
  if (recoveredByMs === undefined) return scenario;
  return { ...scenario, expect: { ...scenario.expect, recoveredByMs: recoveredByMs - byMs } };
}
