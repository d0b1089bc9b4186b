import { runScenario } from './run.ts';
import { loadScenario } from '../format/load.ts';
import { campaignScenario } from '../campaign/schedule.ts';
import type { Origin } from '../../report/origin.ts';
import { summarise } from '../../report/summary.ts';
import type { Scenario } from '../format/scenario.ts';

// Child process of a suite: runs one scenario per message and replies with its summary.
process.on('message', (message) => {
  run(message as Origin).catch((error: unknown) => {
    process.stderr.write(`${error instanceof Error ? String(error.stack) : String(error)}\n`);
    process.exit(1);
  });
});
process.on('disconnect', () => process.exit());
// The terminal sends SIGINT to every process of the group; the suite ends its children itself.
process.on('SIGINT', () => undefined);

async function run(origin: Origin): Promise<void> {
  const { seed } = origin;
  const outcome = await runScenario(scenarioOf(origin), seed === undefined ? {} : { seed });
  process.send?.(summarise(outcome, origin));
}

function scenarioOf(origin: Origin): Scenario {
  return origin.kind === 'file' ? loadScenario(origin.path) : campaignScenario(origin.seed, origin.minutes);
}
