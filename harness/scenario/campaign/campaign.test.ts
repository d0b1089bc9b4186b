import { describe, expect, it } from 'vitest';
import { FAULTS, type FaultName } from '../faults/table.ts';
import { failureLines } from '../../report/failure.ts';
import { runSuite } from '../player/suite.ts';
import { campaignScenario } from './schedule.ts';

/** Real time: ends a process that hangs. */
const TIMEOUT_MS = 1_800_000;
const SEEDS = Array.from({ length: 200 }, (_, index) => index + 1);
const MINUTES = 2;
/** Those after which nobody but the owner gets the client going again. */
const FINAL = ['scooter.rebind', 'scooter.reset'];

describe('random schedules', () => {
  it('of two hundred seeds break no guarantee, and everything comes back in the peace after them', async () => {
    const origins = SEEDS.map((seed) => ({ kind: 'campaign' as const, seed, minutes: MINUTES }));
    const reports = await runSuite(origins, { jobs: 1, signal: AbortSignal.timeout(TIMEOUT_MS) });
    expect(reports.flatMap((report) => failureLines(report))).toEqual([]);
  });

  it('are the same for the same seed, and others for another one', () => {
    expect(campaignScenario(7, 10)).toEqual(campaignScenario(7, 10));
    expect(campaignScenario(8, 10).steps).not.toEqual(campaignScenario(7, 10).steps);
  });

  it('draw from the whole vocabulary, and end every fault before the peace', () => {
    const steps = SEEDS.flatMap((seed) => campaignScenario(seed, 10).steps);
    const names = (Object.keys(FAULTS) as FaultName[]).filter((name) => !FINAL.includes(name));
    expect(new Set(steps.map(({ fault }) => fault))).toEqual(new Set(names));
    expect(Math.max(...steps.map(({ atMs, forMs = 0 }) => atMs + forMs))).toBeLessThanOrEqual(600_000);
  });
});
