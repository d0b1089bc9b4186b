import { beforeAll, describe, expect, it } from 'vitest';
import type { Origin } from '../../report/origin.ts';
import type { Report } from '../../report/summary.ts';
import { runSuite } from './suite.ts';

/** Real time: ends a process that hangs. */
const TIMEOUT_MS = 1_800_000;

/** Eventful scenarios of minutes. */
const SCENARIOS: readonly { readonly name: string; readonly origin: (seed: number) => Origin }[] = [
  {
    name: 'a gap that requires a new login',
    origin: (seed) => ({ kind: 'file', path: 'scenarios/gap-of-6-s.toml', seed }),
  },
  {
    name: 'random faults',
    origin: (seed) => ({ kind: 'campaign', seed, minutes: 3 }),
  },
];
/** Takes long: it is compared in two processes only. */
const LONG: Origin = { kind: 'file', path: 'scenarios/link-dropped-again-and-again.toml', seed: 17 };

describe('equal seeds give identical traces, and different seeds different ones', () => {
  /** Hashes of each scenario: two runs and one with another seed in one process, and one run in another process. */
  const hashes = {
    first: [] as string[],
    again: [] as string[],
    other: [] as string[],
    otherProcess: [] as string[],
    long: [] as string[],
  };

  beforeAll(async () => {
    const options = { jobs: 1, signal: AbortSignal.timeout(TIMEOUT_MS) };
    const seeded = (seed: number): Origin[] => SCENARIOS.map(({ origin }) => origin(seed));
    const here = (await runSuite([...seeded(17), ...seeded(17), ...seeded(18), LONG], options)).map(hashOf);
    hashes.first = here.splice(0, SCENARIOS.length);
    hashes.again = here.splice(0, SCENARIOS.length);
    hashes.other = here.splice(0, SCENARIOS.length);
    hashes.otherProcess = (await runSuite([...seeded(17), LONG], options)).map(hashOf);
    hashes.long = [...here, ...hashes.otherProcess.splice(SCENARIOS.length)];
  });

  it.each(SCENARIOS.map(({ name }, index) => ({ name, index })))(
    'in one process and in another: $name',
    ({ index }) => {
      const first = hashes.first[index];
      expect(first).toMatch(/^[0-9a-f]{64}$/);
      expect([hashes.again[index], hashes.otherProcess[index]]).toEqual([first, first]);
      expect(hashes.other[index]).not.toBe(first);
    },
  );

  it('in two processes: twenty minutes of lost links', () => {
    const [one, other] = hashes.long;
    expect(one).toMatch(/^[0-9a-f]{64}$/);
    expect(other).toBe(one);
  });
});

function hashOf(report: Report): string {
  if ('problem' in report) throw new Error(report.problem);
  return report.hash;
}
