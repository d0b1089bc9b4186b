import { closeSync, openSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { runScenario, type Outcome } from '../scenario/player/run.ts';
import type { Scenario } from '../scenario/format/scenario.ts';
import { formatScenario } from '../scenario/format/write.ts';
import { traceLine } from '../world/trace/trace.ts';
import type { TraceEvent } from '../world/trace/event.ts';
import { FAILURE_FILES } from './failure-folder.ts';
import { formatTimestamp } from './units.ts';

/** The client logs everything; the guarantees do not know it. */
const AT_DEBUG = { client: { log: { level: 'debug' } } };

/**
 * Runs a scenario and writes what happens into a folder, as it happens: a run that crashes or hangs leaves what it has
 * done until then.
 */
export async function recordFailure(
  scenario: Scenario,
  folder: string,
  options: { readonly seed?: number },
): Promise<Outcome> {
  const pathOf = (file: keyof typeof FAILURE_FILES): string => join(folder, FAILURE_FILES[file]);
  const seed = options.seed ?? scenario.seed;
  writeFileSync(pathOf('schedule'), formatScenario({ ...scenario, seed }));
  const trace = openSync(pathOf('trace'), 'w');
  const packets = openSync(pathOf('packets'), 'w');
  const log = openSync(pathOf('log'), 'w');
  const onEvent = (event: TraceEvent): void => {
    writeSync(trace, traceLine(event));
    if (event.type !== 'log') return;
    writeSync(log, `${formatTimestamp(event.atMs)} ${event.level.padEnd(5)} ${event.message}\n`);
  };
  try {
    return await runScenario(scenario, {
      seed,
      mutation: AT_DEBUG,
      onEvent,
      btsnoop: (bytes) => void writeSync(packets, bytes),
    });
  } finally {
    for (const file of [trace, packets, log]) closeSync(file);
  }
}
