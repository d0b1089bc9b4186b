import { existsSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { Origin } from '../../report/origin.ts';
import type { Report } from '../../report/summary.ts';
import { inOrder, runSuite, type SuiteOptions } from './suite.ts';

const child = new URL('./testing/fake-child.ts', import.meta.url);

const originOf = (path: string): Origin => ({ kind: 'file', path });

function run(paths: readonly string[], options: Partial<SuiteOptions> = {}): Promise<readonly Report[]> {
  const { signal } = new AbortController();
  return runSuite(paths.map(originOf), { jobs: 1, signal, child, ...options });
}

/** The id of the process that made a run. */
function processOf(report: Report | undefined): string {
  return report && 'hash' in report ? report.hash : 'none';
}

describe('a suite of scenarios', () => {
  it('runs all scenarios one after the other in one process', async () => {
    const reports = await run(['a', 'b', 'c']);
    expect(reports.map(({ name, passed }) => [name, passed])).toEqual([
      ['a', true],
      ['b', true],
      ['c', true],
    ]);
    expect(new Set(reports.map(processOf)).size).toBe(1);
  });

  it('distributes them over several processes, and reports them in the requested order', async () => {
    const reports = await run(['reportsTwoTurnsLater', 'b', 'reportsTwoTurnsLater', 'd', 'e'], { jobs: 2 });
    expect(reports.map(({ name }) => name)).toEqual([
      'reportsTwoTurnsLater',
      'b',
      'reportsTwoTurnsLater',
      'd',
      'e',
    ]);
  });

  it('reports a run as failed if its process crashes, with its stderr, and continues', async () => {
    const [first, exited, killed, last] = await run(['a', 'exits', 'isKilled', 'd']);
    expect(exited).toMatchObject({
      name: 'exits',
      passed: false,
      problem: 'Ended with exit code 3\nlast error output',
    });
    expect(killed).toMatchObject({ passed: false, problem: 'Killed by SIGKILL' });
    expect(last?.passed).toBe(true);
    expect(processOf(last)).not.toBe(processOf(first));
  });

  it('ends a run that hangs, whether it waits or spins', async () => {
    const reports = await run(['hangs', 'spins'], { deadlineMs: 100 });
    for (const report of reports) {
      expect(report).toMatchObject({ passed: false, problem: 'No outcome within 0.1 s of real time' });
    }
  });

  it('ends every process when it is aborted', async () => {
    const stop = new AbortController();
    const ended: Report[] = [];
    const onEnd = (report: Report): void => {
      ended.push(report);
      setImmediate(() => stop.abort());
    };
    await expect(run(['a', 'spins', 'c'], { signal: stop.signal, onEnd })).rejects.toMatchObject({
      code: 'aborted',
    });
    expect(ended).toHaveLength(1);
    expect(existsSync(`/proc/${processOf(ended[0])}`)).toBe(false);
  });
});

describe('values that arrive in any order', () => {
  it('are delivered in order, each as early as possible', () => {
    const delivered: string[] = [];
    const deliver = inOrder<string>((value) => delivered.push(value));
    deliver('third', 2);
    expect(delivered).toEqual([]);
    deliver('first', 0);
    expect(delivered).toEqual(['first']);
    deliver('second', 1);
    expect(delivered).toEqual(['first', 'second', 'third']);
  });
});
