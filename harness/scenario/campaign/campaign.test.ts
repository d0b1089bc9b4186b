import { describe, expect, it } from 'vitest';
import { FAULTS, type FaultName } from '../faults/table.ts';
import { failureLines } from '../../report/failure.ts';
import { runSuite } from '../player/suite.ts';
import { campaignScenario } from './schedule.ts';

/** Real time: ends a process that hangs. */
const TIMEOUT_MS = 1_800_000;
const SEEDS = Array.from({ length: 200 }, (_, index) => index + 1);
/** Number of seeds that are played. */
const PLAYED = 40;
const MINUTES = 2;
/** Faults that only the owner can repair, and the repair. */
const BY_OWNER = ['scooter.rebind', 'scooter.reset', 'client.register'];

describe('random schedules', () => {
  it('of forty seeds violate no guarantee, and the client recovers after them', async () => {
    const origins = SEEDS.slice(0, PLAYED).map((seed) => ({
      kind: 'campaign' as const,
      seed,
      minutes: MINUTES,
    }));
    const reports = await runSuite(origins, { jobs: 1, signal: AbortSignal.timeout(TIMEOUT_MS) });
    expect(reports.flatMap((report) => failureLines(report))).toEqual([]);
  });

  it('are equal for equal seeds, and differ for different ones', () => {
    expect(campaignScenario(7, 10)).toEqual(campaignScenario(7, 10));
    expect(campaignScenario(8, 10).steps).not.toEqual(campaignScenario(7, 10).steps);
  });

  it('draw from all faults, and end each one before the recovery', () => {
    const steps = SEEDS.flatMap((seed) => campaignScenario(seed, 10).steps);
    const names = (Object.keys(FAULTS) as FaultName[]).filter((name) => !BY_OWNER.includes(name));
    expect(new Set(steps.map(({ fault }) => fault))).toEqual(new Set(names));
    expect(Math.max(...steps.map(({ atMs, forMs = 0 }) => atMs + forMs))).toBeLessThanOrEqual(600_000);
  });
});
