import { throwIfAborted } from '../../../client/wait.ts';
import type { Origin } from '../../report/origin.ts';
import type { Report } from '../../report/summary.ts';
import { ScenarioProcess } from './scenario-process.ts';

export interface SuiteOptions {
  /** Number of child processes. */
  readonly jobs: number;
  /** Stops the suite and ends all child processes. */
  readonly signal: AbortSignal;
  /** Called with each report, in the order in which the runs end. */
  readonly onEnd?: (report: Report, index: number) => void;
  /** Chooses the folder into which a failed run is recorded, by a second run; undefined to record nothing. */
  readonly failureFolder?: (report: Report) => string | undefined;
  /** Real-time limit of a run. */
  readonly deadlineMs?: number;
  /** Module of the child processes: receives a {@link Task} and replies with a {@link Summary}. */
  readonly child?: URL;
}

/** The module of a process that plays. */
export const CHILD = new URL('./scenario-child.ts', import.meta.url);
const DEADLINE_MS = 600_000;

/**
 * Runs many scenarios in child processes, one at a time in each. A run whose process crashes or hangs has failed; the
 * others continue.
 * @returns the reports in the order of `origins`
 * @throws the reason of `signal`; all child processes have ended by then
 */
export async function runSuite(
  origins: readonly Origin[],
  { jobs, signal, onEnd, failureFolder, deadlineMs = DEADLINE_MS, child = CHILD }: SuiteOptions,
): Promise<readonly Report[]> {
  const reports: Report[] = [];
  const queue = origins.entries();
  const work = async (): Promise<void> => {
    const worker = new ScenarioProcess(child);
    try {
      for (const [index, origin] of queue) {
        throwIfAborted(signal);
        const report = await worker.run(origin, { timeoutMs: deadlineMs }, signal);
        reports[index] = report;
        onEnd?.(report, index);
        const folder = report.passed ? undefined : failureFolder?.(report);
        if (folder === undefined) continue;
        throwIfAborted(signal);
        await worker.run({ ...origin, failureFolder: folder }, { timeoutMs: deadlineMs }, signal);
      }
    } finally {
      await worker.end();
    }
  };
  const workers = Array.from({ length: Math.min(jobs, origins.length) }, work);
  await Promise.allSettled(workers);
  await Promise.all(workers);
  return reports;
}

/** Delivers values that arrive in any order in the order of their index, as early as possible. */
export function inOrder<T>(deliver: (value: T) => void): (value: T, index: number) => void {
  const pending = new Map<number, T>();
  let next = 0;
  return (value, index) => {
    pending.set(index, value);
    for (let ready = pending.get(next); ready !== undefined; ready = pending.get(next)) {
      pending.delete(next);
      next += 1;
      deliver(ready);
    }
  };
}
