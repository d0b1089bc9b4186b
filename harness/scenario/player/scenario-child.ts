import { runScenario } from './run.ts';
import { loadScenario } from '../format/load.ts';
import { campaignScenario } from '../campaign/schedule.ts';
import type { Origin } from '../../report/origin.ts';
import { summarise } from '../../report/summary.ts';
import type { Scenario } from '../format/scenario.ts';

// A process of a suite: makes one run after the other, as the suite asks for them, and answers each with its summary.
process.on('message', (message) => {
  run(message as Origin).catch((error: unknown) => {
    process.stderr.write(`${error instanceof Error ? String(error.stack) : String(error)}\n`);
    process.exit(1);
  });
});
process.on('disconnect', () => process.exit());
// A terminal tells every process to stop: the suite decides.
process.on('SIGINT', () => undefined);

async function run(origin: Origin): Promise<void> {
  const { seed } = origin;
  const outcome = await runScenario(scenarioOf(origin), seed === undefined ? {} : { seed });
  process.send?.(summarise(outcome, origin));
}

function scenarioOf(origin: Origin): Scenario {
  return origin.kind === 'file' ? loadScenario(origin.path) : campaignScenario(origin.seed, origin.minutes);
}
