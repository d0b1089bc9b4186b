import { writeFileSync } from 'node:fs';
import { CoverageRecorder } from './coverage.ts';
import { encode, formatInput } from './input-json.ts';
import type { Reply, Task } from './fuzz-process.ts';

/** Interval of the messages by which the parent sees that executions make progress. */
const PROGRESS_MS = 1000;
/** Number of executions between two looks at the clock. */
const EXECUTIONS_PER_LOOK = 16;

// Child process of `npm run fuzz`: runs one batch per message. Targets may replace the clock.
const now = performance.now.bind(performance);
const coverage = new CoverageRecorder();
// Loaded once coverage is recorded.
const { runBatch } = await import('./run-batch.ts');
const { findTarget } = await import('./table.ts');

process.on('message', (message) => {
  run(message as Task).catch((error: unknown) => {
    process.stderr.write(`${error instanceof Error ? String(error.stack) : String(error)}\n`);
    process.exit(1);
  });
});
process.on('disconnect', () => process.exit());
// The terminal sends SIGINT to every process of the group; the parent ends its children itself.
process.on('SIGINT', () => undefined);

async function run(task: Task): Promise<void> {
  if (task.kind === 'coverage') {
    send({ kind: 'coverage', blocks: coverage.take() });
    return;
  }
  const { target, seed, runs, inputFile } = task;
  const before = process.cpuUsage();
  let executions = 0;
  let reportedMs = now();
  const result = await runBatch(findTarget(target), seed, runs, (input) => {
    if (inputFile !== undefined) writeFileSync(inputFile, formatInput(input));
    executions += 1;
    if (executions % EXECUTIONS_PER_LOOK !== 0 || now() - reportedMs < PROGRESS_MS) return;
    reportedMs = now();
    send({ kind: 'progress' });
  });
  const { user, system } = process.cpuUsage(before);
  const { failure } = result;
  const sent = failure ? { ...result, failure: { ...failure, input: encode(failure.input) } } : result;
  send({ kind: 'result', result: sent, cpuMs: (user + system) / 1000 });
}

function send(reply: Reply): void {
  process.send?.(reply);
}
