import { writeFileSync } from 'node:fs';
import type { Reply, Task } from '../fuzz-process.ts';

// Child process of a test: does what the name of the target says.
process.on('message', (message) => {
  const task = message as Task;
  if (task.kind === 'coverage') {
    reply({ kind: 'coverage', blocks: { 'client/main.ts:0-1': true } });
    return;
  }
  if (task.inputFile !== undefined) writeFileSync(task.inputFile, '{"bytes":{"hex":"00ff"}}');
  if (task.target === 'hangs') for (;;);
  if (task.target === 'crashes') {
    process.stderr.write('out of memory', () => process.exit(3));
    return;
  }
  reply({ kind: 'progress' });
  reply({ kind: 'result', result: { executions: task.runs, tallies: {} }, cpuMs: 1 });
});
process.on('disconnect', () => process.exit());

function reply(message: Reply): void {
  process.send?.(message);
}
