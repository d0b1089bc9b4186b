import type { Scenario, Step } from '../../format/scenario.ts';
import { WORLD_SECTIONS } from '../../format/schema.ts';
import type { ScenarioDraft } from '../../format/write.ts';
import { earlier, lowered, withoutEntries, withoutParts } from './lower.ts';
import { broughtForward, endingAt } from './times.ts';

/** When a scenario fails, as far as it is known. */
export interface Failure {
  /** Virtual time of the first violation. */
  readonly atMs?: number | undefined;
}

/** A way to simplify a scenario: yields simpler ones, the simplest first. They may be invalid. */
export type Reduction = (scenario: Scenario, failure: Failure) => Iterable<ScenarioDraft>;

const SECOND_MS = 1_000;
const MIN_DURATION_MS = 10 * SECOND_MS;
/** The client has connected and takes samples by then. */
const FIRST_FAULT_MS = 10 * SECOND_MS;

/** All of them, those first that make the next runs shorter. None yields a scenario that is longer or has more in it. */
export const REDUCTIONS: Readonly<Record<string, Reduction>> = {
  // An expected recovery would not let the scenario end earlier.
  *fewerExpectations(scenario) {
    const { guarantees, ...others } = scenario.expect;
    for (const kept of withoutEntries(others)) yield { ...scenario, expect: { guarantees, ...kept } };
  },

  *earlierEnd(scenario, { atMs }) {
    const { durationMs } = scenario;
    const afterFailureMs = atMs === undefined ? durationMs : Math.floor(atMs / SECOND_MS + 2) * SECOND_MS;
    if (afterFailureMs < durationMs) yield endingAt(scenario, afterFailureMs);
    for (const earlierMs of lowered(durationMs, MIN_DURATION_MS)) yield endingAt(scenario, earlierMs);
  },

  *fewerFaults(scenario) {
    for (const steps of withoutParts(scenario.steps)) yield { ...scenario, steps };
  },

  *shorterPauses(scenario) {
    for (const [index, { atMs }] of scenario.steps.entries()) {
      const earliestMs = scenario.steps[index - 1]?.atMs ?? FIRST_FAULT_MS;
      for (const earlierMs of lowered(atMs, earliestMs)) {
        yield broughtForward(scenario, index, atMs - earlierMs);
      }
    }
  },

  *shorterFaults(scenario) {
    for (const [index, step] of scenario.steps.entries()) {
      for (const forMs of lowered(step.forMs ?? 0, SECOND_MS)) {
        yield withStep(scenario, index, { ...step, forMs });
      }
    }
  },

  *earlierMoments(scenario) {
    for (const [index, step] of scenario.steps.entries()) {
      const { trigger, ...atItsTime } = step;
      if (!trigger) continue;
      yield withStep(scenario, index, atItsTime);
      for (const nth of earlier(trigger.nth)) {
        yield withStep(scenario, index, { ...step, trigger: { ...trigger, nth } });
      }
    }
  },

  *defaultParameters(scenario) {
    for (const [index, step] of scenario.steps.entries()) {
      for (const values of withoutEntries(step.values)) yield withStep(scenario, index, { ...step, values });
    }
  },

  *defaultClient(scenario) {
    for (const client of withoutEntries(scenario.client)) yield { ...scenario, client };
    for (const [name, section = {}] of Object.entries(scenario.client)) {
      for (const keys of withoutEntries(section)) {
        yield { ...scenario, client: { ...scenario.client, [name]: keys } };
      }
    }
  },

  *defaultWorld(scenario) {
    for (const name of WORLD_SECTIONS) {
      for (const keys of withoutEntries(scenario[name])) yield { ...scenario, [name]: keys };
    }
  },

  *wholeSeconds(scenario) {
    yield { ...scenario, steps: scenario.steps.map(inWholeSeconds) };
    for (const [index, step] of scenario.steps.entries()) {
      yield withStep(scenario, index, inWholeSeconds(step));
    }
  },
};

function withStep(scenario: Scenario, index: number, step: Step): ScenarioDraft {
  return { ...scenario, steps: scenario.steps.with(index, step) };
}

function inWholeSeconds({ atMs, forMs, ...step }: Step): Step {
  const whole = (ms: number): number => (ms > SECOND_MS ? Math.floor(ms / SECOND_MS) * SECOND_MS : ms);
  return { ...step, atMs: whole(atMs), forMs: forMs === undefined ? undefined : whole(forMs) };
}
