import { runScenario } from './run.ts';
import { loadScenario } from '../format/load.ts';
import { campaignScenario } from '../campaign/schedule.ts';
import type { Origin } from '../../report/origin.ts';
import { recordFailure } from '../../report/record-failure.ts';
import { summarise } from '../../report/summary.ts';
import type { Task } from './scenario-process.ts';
import type { Scenario } from '../format/scenario.ts';

// Child process of a suite: runs one scenario per message and replies with its summary.
process.on('message', (message) => {
  run(message as Task).catch((error: unknown) => {
    process.stderr.write(`${error instanceof Error ? String(error.stack) : String(error)}\n`);
    process.exit(1);
  });
});
process.on('disconnect', () => process.exit());
// The terminal sends SIGINT to every process of the group; the suite ends its children itself.
process.on('SIGINT', () => undefined);

async function run({ failureFolder, ...origin }: Task): Promise<void> {
  const scenario = scenarioOf(origin);
  const options = origin.seed === undefined ? {} : { seed: origin.seed };
  const outcome =
    failureFolder === undefined
      ? await runScenario(scenario, options)
      : await recordFailure(scenario, failureFolder, options);
  process.send?.(summarise(outcome, origin));
}

function scenarioOf(origin: Origin): Scenario {
  return origin.kind === 'file' ? loadScenario(origin.path) : campaignScenario(origin.seed, origin.minutes);
}
