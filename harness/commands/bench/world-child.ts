import type { Config } from '../../../client/config/schema.ts';
import type { GuaranteeResult } from '../../guarantees/check-guarantees.ts';
import { nextCycle } from '../../guarantees/polling.ts';
import { TraceView } from '../../guarantees/trace-view.ts';
import { runScenario, type Outcome } from '../../scenario/player/run.ts';
import type { Scenario } from '../../scenario/format/scenario.ts';

/** Result and cost of a run. */
export interface WorldResult {
  readonly name: string;
  readonly virtualS: number;
  readonly realS: number;
  readonly passed: boolean;
  readonly results: readonly GuaranteeResult[];
  readonly config: Config;
  /** Time from the end of each fault to the next poll cycle. */
  readonly recoveriesMs: readonly number[];
  /** Peak memory of the process, in MB. */
  readonly maxRssMb: number;
}

// Plays scenarios one after the other, in a process of its own.
process.on('message', (message) => {
  playScenario(message as Scenario).catch((error: unknown) => {
    process.stderr.write(`${String(error)}\n`);
    process.exit(1);
  });
});
process.on('disconnect', () => process.exit());

async function playScenario(scenario: Scenario): Promise<void> {
  const outcome = await runScenario(scenario);
  const { endMs, realMs, passed, results, config } = outcome;
  const maxRssMb = process.resourceUsage().maxRSS / 1024;
  const result: WorldResult = {
    name: scenario.name,
    virtualS: endMs / 1000,
    realS: realMs / 1000,
    passed,
    results,
    config,
    recoveriesMs: recoveriesMs(outcome),
    maxRssMb,
  };
  process.send?.(result);
}

function recoveriesMs({ events, config, endMs }: Outcome): number[] {
  const view = new TraceView(events, config, endMs);
  return view.faults.map((fault) => (nextCycle(view, fault.endMs)?.dueMs ?? Infinity) - fault.endMs);
}
