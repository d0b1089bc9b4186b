import type { Scenario, Step } from '../../format/scenario.ts';
import type { ScenarioDraft } from '../../format/write.ts';

/** End of the last fault, if each begins as late as it can; 0 without faults. */
export function endOfFaults({ steps }: Scenario): number {
  return Math.max(0, ...steps.map(({ atMs, trigger, forMs = 0 }) => atMs + (trigger?.waitMs ?? 0) + forMs));
}

/** Ends a scenario earlier: without the steps that would begin later, and with shorter ones if they would end later. */
export function endingAt(scenario: Scenario, durationMs: number): ScenarioDraft {
  const steps = scenario.steps
    .filter(({ atMs }) => atMs < durationMs)
    .map((step): Step => endingBy(step, durationMs));
  return { ...recoveringEarlier(scenario, scenario.durationMs - durationMs), durationMs, steps };
}

function endingBy({ trigger, forMs, ...step }: Step, endMs: number): Step {
  const leftMs = endMs - step.atMs;
  const waitMs = trigger?.waitMs === undefined ? undefined : Math.min(trigger.waitMs, leftMs - 1);
  return {
    ...step,
    forMs: forMs === undefined ? undefined : Math.min(forMs, leftMs - (waitMs ?? 0)),
    ...(trigger && { trigger: { ...trigger, ...(waitMs !== undefined && { waitMs }) } }),
  };
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
