import { describe, expect, it } from 'vitest';
import { GENERATIONS } from '../../../protocol/advertisement.ts';
import { findModel, hasLogin, MODEL_DATA } from '../../../simulator/models/models.ts';
import { FAULTS } from '../faults/table.ts';
import { MOMENT_NAMES } from '../format/moments.ts';
import { DRAWN_RECEIVERS } from '../format/world-schema.ts';
import { endOfFaults } from './shrink/times.ts';
import { failureLines } from '../../report/failure.ts';
import { runSuite } from '../player/suite.ts';
import { campaignScenario } from './schedule.ts';

/** Real time: ends a process that hangs. */
const TIMEOUT_MS = 1_800_000;
const SEEDS = Array.from({ length: 200 }, (_, index) => index + 1);
/** Number of seeds that are played. */
const PLAYED = 8;
const MINUTES = 2;
const scenarios = SEEDS.map((seed) => campaignScenario(seed, 10));
describe('random schedules', () => {
  it('of eight seeds violate no guarantee, and the client recovers after them', async () => {
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

  it('draw from all faults but those of scenarios alone, and end each one before the recovery', () => {
    const steps = scenarios.flatMap((scenario) => scenario.steps);
    expect(new Set(steps.map(({ fault }) => fault))).toEqual(
      new Set(Object.entries(FAULTS).flatMap(([name, { isDrawn }]) => (isDrawn ? [name] : []))),
    );
    expect(Math.max(...scenarios.map(endOfFaults))).toBeLessThanOrEqual(600_000);
  });

  it('put no other device in the place of a scooter without a login, which the client could not tell apart', () => {
    const withoutLogin = scenarios.filter(({ scooter }) => !hasLogin(findModel(scooter.model, scooter)));
    const faults = new Set(withoutLogin.flatMap(({ steps }) => steps.map(({ fault }) => fault)));
    expect(faults.size).toBeGreaterThan(10);
    expect([...faults]).not.toContain('scooter.impostor');
  });

  it('begin faults at all moments, and differ in how many kinds of faults they have', () => {
    const triggers = scenarios.flatMap(({ steps }) => steps.flatMap(({ trigger }) => trigger?.on ?? []));
    expect(new Set(triggers)).toEqual(new Set(MOMENT_NAMES));
    const kinds = scenarios.map(({ steps }) => new Set(steps.map(({ fault }) => fault)).size);
    expect([Math.min(...kinds) < 4, Math.max(...kinds) > 12]).toEqual([true, true]);
  });

  it('draw from all models, generations, receivers and hemispheres, and from most keys of the client', () => {
    const scooters = scenarios.map(({ scooter }) => scooter);
    expect(new Set(scooters.map(({ model }) => model))).toEqual(new Set(Object.keys(MODEL_DATA)));
    const models = scooters.map((scooter) => findModel(scooter.model, scooter));
    expect(new Set(models.map(({ generation }) => generation))).toEqual(new Set(GENERATIONS));
    const hemispheres = scooters.map(({ latitude = 1, longitude = -1 }) =>
      [latitude > 0, longitude > 0].join(),
    );
    expect(new Set(hemispheres).size).toBe(4);
    expect(new Set(scenarios.map(({ gps }) => gps.receiver))).toEqual(
      new Set([undefined, ...DRAWN_RECEIVERS]),
    );
    const keys = scenarios.flatMap(({ client }) =>
      Object.values(client).flatMap((section) => Object.keys(section ?? {})),
    );
    expect(new Set(keys).size).toBeGreaterThan(20);
  });

  it('have the same scooter, receiver, broker and configuration, however long they are', () => {
    for (const seed of SEEDS) {
      const { scooter, gps, broker, air, client } = campaignScenario(seed, 3);
      const { on: _, paired: __, ...drawn } = scooter;
      expect(campaignScenario(seed, 10)).toMatchObject({ scooter: drawn, gps, broker, air, client });
    }
  });
});
