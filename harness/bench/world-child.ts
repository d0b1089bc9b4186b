import { runScenario } from '../scenario/run.ts';
import type { Scenario } from '../scenario/scenario.ts';

/** What a run has cost. */
export interface WorldResult {
  readonly name: string;
  readonly virtualS: number;
  readonly realS: number;
  readonly passed: boolean;
  /** Most memory of the process, in MB. */
  readonly maxRssMb: number;
}

// Plays scenarios one after the other, in a process of its own.
process.on('message', (message) => {
  play(message as Scenario).catch((error: unknown) => {
    process.stderr.write(`${String(error)}\n`);
    process.exit(1);
  });
});
process.on('disconnect', () => process.exit());

async function play(scenario: Scenario): Promise<void> {
  const { endMs, realMs, passed } = await runScenario(scenario);
  const maxRssMb = process.resourceUsage().maxRSS / 1024;
  const result: WorldResult = {
    name: scenario.name,
    virtualS: endMs / 1000,
    realS: realMs / 1000,
    passed,
    maxRssMb,
  };
  process.send?.(result);
}
