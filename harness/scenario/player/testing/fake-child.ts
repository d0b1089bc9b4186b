import type { Origin } from '../../../report/origin.ts';
import type { Summary } from '../../../report/summary.ts';

/** Behaviour of a run by the name of its file; any other run passes. */
const BEHAVIOURS: Readonly<Record<string, (summary: Summary) => void>> = {
  exits: () => {
    process.stderr.write('last error output');
    process.exit(3);
  },
  isKilled: () => process.kill(process.pid, 'SIGKILL'),
  hangs: () => undefined,
  spins: () => {
    for (;;);
  },
  reportsTwoTurnsLater: (summary) => setImmediate(() => setImmediate(() => process.send?.(summary))),
};

// Fake child process of a suite; returns its process id as hash.
process.on('message', (message) => {
  const origin = message as Origin;
  const name = origin.kind === 'file' ? origin.path : String(origin.seed);
  const summary: Summary = {
    origin,
    name,
    title: '',
    passed: true,
    seed: 1,
    virtualMs: 0,
    realMs: 0,
    cpuMs: 0,
    hash: String(process.pid),
    guarantees: [],
    unmet: [],
  };
  const behaviour = BEHAVIOURS[name] ?? ((passed) => process.send?.(passed));
  behaviour(summary);
});
process.on('disconnect', () => process.exit());
