import { loadScenario } from '../../../format/load.ts';
import { CRASHED, PASSED } from '../../../../report/testing/reports.ts';
import type { Origin } from '../../../../report/origin.ts';

// Fake child process: a run crashes if it is that of a seed, or of a file with two or more faults.
process.on('message', (message) => {
  const origin = message as Origin;
  const fails = origin.kind === 'campaign' || loadScenario(origin.path).steps.length > 1;
  process.send?.(fails ? CRASHED : PASSED);
});
process.on('disconnect', () => process.exit());
