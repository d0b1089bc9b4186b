import { ConfigError } from '../../../../client/config/report.ts';
import { UnknownModelError } from '../../../../simulator/models/models.ts';
import { readScenario } from '../../format/load.ts';
import type { Scenario } from '../../format/scenario.ts';
import { formatScenario, type ScenarioDraft } from '../../format/write.ts';
import { REDUCTIONS, type Failure, type Reduction } from './reductions.ts';
import { endOfFaults } from './times.ts';

export interface ShrinkOptions {
  /**
   * Runs a scenario file.
   * @returns how it fails, if it does in the same way as the first one
   * @throws any error if `signal` is aborted meanwhile
   */
  readonly run: (text: string) => Promise<Failure | undefined>;
  /** Ends the search; the simplest scenario so far is the result. */
  readonly signal: AbortSignal;
}

/** The simplest scenario that was found. */
export interface Shrunk {
  readonly scenario: Scenario;
  /** Number of scenarios that were run. */
  readonly runs: number;
  /** Whether every further reduction of it passes; false if the search was ended before that was known. */
  readonly isMinimal: boolean;
}

/**
 * Simplifies a failing scenario as long as it fails in the same way: less time, fewer and shorter faults, defaults
 * instead of drawn values. Runs only what the loader accepts as a file.
 */
export async function shrink(first: Scenario, failure: Failure, options: ShrinkOptions): Promise<Shrunk> {
  const { run, signal } = options;
  const recoveryMs = recoveryTime(first);
  const tried = new Set([formatScenario(first)]);
  let simplest = { scenario: first, failure };
  const result = (isMinimal: boolean): Shrunk => ({
    scenario: simplest.scenario,
    runs: tried.size - 1,
    isMinimal,
  });
  const findSimpler = async (candidates: Iterable<ScenarioDraft>): Promise<typeof simplest | undefined> => {
    for (const candidate of candidates) {
      const { scenario, text } = loaded(candidate) ?? {};
      if (!scenario || text === undefined || tried.has(text) || recoveryTime(scenario) < recoveryMs) continue;
      tried.add(text);
      const failure = await run(text);
      if (failure) return { scenario, failure };
    }
    return undefined;
  };
  const apply = async (reduction: Reduction): Promise<void> => {
    const simpler = await findSimpler(reduction(simplest.scenario, simplest.failure));
    if (!simpler) return;
    simplest = simpler;
    await apply(reduction);
  };
  try {
    for (let before; before !== simplest;) {
      before = simplest;
      for (const reduction of Object.values(REDUCTIONS)) await apply(reduction);
    }
    return result(true);
  } catch (error) {
    if (signal.aborted) return result(false);
    throw error;
  }
}

/** The text of a scenario, and what the loader reads from it; undefined if it is invalid. */
function loaded(draft: ScenarioDraft): { text: string; scenario: Scenario } | undefined {
  try {
    const text = formatScenario(draft);
    return { text, scenario: readScenario(text, draft.name) };
  } catch (error) {
    const isInvalid = [ConfigError, RangeError, UnknownModelError].some((type) => error instanceof type);
    if (isInvalid) return undefined;
    throw error;
  }
}

/** Time from the last fault to the expected recovery, which must not become shorter: a client needs it. */
function recoveryTime(scenario: Scenario): number {
  return (scenario.expect.recoveredByMs ?? Infinity) - endOfFaults(scenario);
}
