import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MUTANTS } from '../../../proofs/mutants/table.ts';
import { GUARANTEE_IDS } from '../../../guarantees/ids.ts';
import { readScenario } from '../../format/load.ts';
import type { Scenario } from '../../format/scenario.ts';
import { formatScenario } from '../../format/write.ts';
import { runScenario } from '../../player/run.ts';
import { campaignScenario } from '../schedule.ts';
import type { Failure } from './reductions.ts';
import { shrink, type Shrunk } from './shrink.ts';
import { endOfFaults } from './times.ts';

const SECOND_MS = 1_000;
const UNTIL_DONE = new AbortController().signal;
const seeds = fc.integer({ min: 1, max: 100_000 });

/** The schedule of a seed as a file has it. */
const scheduleOf = (seed: number): Scenario =>
  readScenario(formatScenario(campaignScenario(seed, 5)), 'seed');

/** Shrinks a schedule with a condition in place of a run. */
function shrinkWith(scenario: Scenario, fails: (scenario: Scenario) => boolean): Promise<Shrunk> {
  const run = (text: string): Promise<Failure | undefined> =>
    Promise.resolve(fails(readScenario(text, 'seed')) ? {} : undefined);
  return shrink(scenario, {}, { run, signal: UNTIL_DONE });
}

describe('shrinking a schedule', () => {
  it('keeps exactly the faults that the failure needs, and it still fails', async () => {
    await fc.assert(
      fc.asyncProperty(seeds, fc.array(fc.nat(), { minLength: 1, maxLength: 3 }), async (seed, picks) => {
        const scenario = scheduleOf(seed);
        fc.pre(scenario.steps.length > 0);
        const chosen = picks.map((pick) => scenario.steps[pick % scenario.steps.length]?.fault);
        const needed = new Set(chosen);
        const fails = ({ steps }: Scenario): boolean =>
          [...needed].every((name) => steps.some(({ fault }) => fault === name));
        const { scenario: shrunk, isMinimal } = await shrinkWith(scenario, fails);
        expect(fails(shrunk)).toBe(true);
        expect(isMinimal).toBe(true);
        expect(new Set(shrunk.steps.map(({ fault }) => fault))).toEqual(needed);
        expect(shrunk.steps).toHaveLength(needed.size);
      }),
      { numRuns: 4 },
    );
  });

  it('leaves no more time and duration than the failure needs, to the second', async () => {
    await fc.assert(
      fc.asyncProperty(seeds, fc.integer({ min: 0, max: 30 }), async (seed, restS) => {
        const scenario = scheduleOf(seed);
        const longest = Math.max(0, ...scenario.steps.map(({ forMs = 0 }) => forMs));
        const neededMs = longest / 2;
        fc.pre(neededMs > 2 * SECOND_MS);
        const fails = ({ steps, durationMs }: Scenario): boolean =>
          steps.some(
            ({ atMs, forMs = 0 }) => forMs >= neededMs && durationMs >= atMs + forMs + restS * SECOND_MS,
          );
        const { scenario: shrunk } = await shrinkWith(scenario, fails);
        expect(shrunk.steps).toHaveLength(1);
        expect(shrunk.steps[0]?.atMs).toBeLessThanOrEqual(10_000);
        expect(shrunk.steps[0]?.forMs).toBeLessThan(neededMs + 2 * SECOND_MS);
        expect(shrunk.durationMs).toBeLessThan(10_000 + neededMs + (restS + 4) * SECOND_MS);
      }),
      { numRuns: 6 },
    );
  });

  it('returns every value to its default that the failure does not need', async () => {
    const scenario = readScenario(
      `title = "t"
duration = "5 min"
[scooter]
model = "mi3"
odometer_m = 17
quirks = ["chatter"]
[client.mqtt]
send_interval = 2
drain_rate = 0.2
[client.outbox]
max_age = 3600
[[step]]
at = 20
fault = "broker.slow"
for = "10 s"
by = 3.217
`,
      'seed',
    );
    const fails = ({ client }: Scenario): boolean => client.mqtt?.drain_rate === 0.2;
    const { scenario: shrunk } = await shrinkWith(scenario, fails);
    expect(formatScenario(shrunk)).toBe(
      'title = "t"\nduration = "10 s"\n\n[client.mqtt]\ndrain_rate = 0.2\n',
    );
  });

  it('leaves the time that an expected recovery had', async () => {
    await fc.assert(
      fc.asyncProperty(seeds, async (seed) => {
        const scenario = scheduleOf(seed);
        const hasRecovery = ({ expect: { recoveredByMs } }: Scenario): boolean => recoveredByMs !== undefined;
        const { scenario: shrunk } = await shrinkWith(scenario, hasRecovery);
        const { recoveredByMs = 0 } = shrunk.expect;
        expect(recoveredByMs - endOfFaults(shrunk)).toBeGreaterThanOrEqual(180_000);
        expect(shrunk.durationMs - recoveredByMs).toBe(60_000);
      }),
      { numRuns: 4 },
    );
  });

  it('has its simplest scenario so far as its result if it is stopped', async () => {
    const stop = new AbortController();
    let runs = 0;
    const run = (): Promise<Failure> => {
      runs += 1;
      if (runs < 2) return Promise.resolve({});
      stop.abort();
      return Promise.reject(new Error('aborted'));
    };
    const { scenario, isMinimal } = await shrink(scheduleOf(3), {}, { run, signal: stop.signal });
    expect(isMinimal).toBe(false);
    expect(scenario).toEqual({ ...scheduleOf(3), expect: { guarantees: GUARANTEE_IDS } });
    await expect(shrink(scheduleOf(3), {}, { run, signal: UNTIL_DONE })).rejects.toThrow('aborted');
  });

  it('finds the outage that a client which reconnects too late needs', async () => {
    const { mutation } = MUTANTS.L5;
    const play = async (scenario: Scenario): Promise<Failure | undefined> => {
      const { results } = await runScenario(scenario, { mutation });
      const violations = results.find(({ id }) => id === 'L5')?.result.violations;
      return violations?.find(({ what }) => what.includes('reconnect'));
    };
    const scenario = readScenario(
      `title = "t"
duration = "2 min"
[[step]]
at = "35 s"
fault = "broker.refuse"
for = "14 s"
[[step]]
at = "60 s"
fault = "link.drop"
`,
      'seed',
    );
    const failure = await play(scenario);
    expect(failure).toBeDefined();
    const run = (text: string): Promise<Failure | undefined> => play(readScenario(text, 'seed'));
    const shrunk = await shrink(scenario, failure ?? {}, { run, signal: UNTIL_DONE });
    expect(shrunk.scenario.steps).toEqual([
      expect.objectContaining({ atMs: 25_000, fault: 'broker.refuse', forMs: 1_000 }),
    ]);
    expect(await run(formatScenario(shrunk.scenario))).toBeDefined();
  });
});
