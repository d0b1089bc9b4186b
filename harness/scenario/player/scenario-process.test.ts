import { afterEach, describe, expect, it } from 'vitest';
import type { Origin } from '../../report/origin.ts';
import { cpuTimeMs } from './cpu-time.ts';
import { ScenarioProcess } from './scenario-process.ts';

const child = new URL('./testing/fake-child.ts', import.meta.url);
const TIMEOUT_MS = 600_000;
const { signal } = new AbortController();

const originOf = (path: string): Origin => ({ kind: 'file', path });

describe('the process of a scenario', () => {
  const scenarios = new ScenarioProcess(child);
  afterEach(() => scenarios.end());

  it('is ended by its limit of CPU time, and replaced for the next run', async () => {
    const spins = await scenarios.run(originOf('spins'), { timeoutMs: TIMEOUT_MS, cpuLimitMs: 300 }, signal);
    expect(spins).toMatchObject({ passed: false, problem: 'No outcome within 0.3 s of CPU time' });
    const next = await scenarios.run(originOf('a'), { timeoutMs: TIMEOUT_MS }, signal);
    expect(next.passed).toBe(true);
  });

  it('that waits is ended by its limit of real time', async () => {
    const limits = { timeoutMs: 100, cpuLimitMs: TIMEOUT_MS };
    const hangs = await scenarios.run(originOf('hangs'), limits, signal);
    expect(hangs).toMatchObject({ passed: false, problem: 'No outcome within 0.1 s of real time' });
  });
});

describe('CPU time', () => {
  it.runIf(process.platform === 'linux')('is that of the process', () => {
    const { user, system } = process.cpuUsage();
    const measuredMs = cpuTimeMs(process.pid) ?? NaN;
    const later = process.cpuUsage();
    // The kernel counts in steps of 10 ms.
    expect(measuredMs).toBeGreaterThan((user + system) / 1000 - 20);
    expect(measuredMs).toBeLessThan((later.user + later.system) / 1000 + 20);
  });

  it('of a process that does not exist is unknown', () => {
    expect(cpuTimeMs(undefined)).toBeUndefined();
  });
});
