import { describe, expect, it } from 'vitest';
import type { Origin } from '../report/origin.ts';
import type { Report } from '../report/summary.ts';
import { runSuite } from './suite.ts';

const TIMEOUT_MS = 300_000;

/** Stories with much going on, up to an hour long. */
const STORIES: readonly { readonly name: string; readonly origin: (seed: number) => Origin }[] = [
  {
    name: 'a gap that costs a new login',
    origin: (seed) => ({ kind: 'file', path: 'scenarios/gap-of-6-s.toml', seed }),
  },
  {
    name: 'random trouble',
    origin: (seed) => ({ kind: 'campaign', seed, minutes: 10 }),
  },
  {
    name: 'an hour with everything',
    origin: (seed) => ({ kind: 'file', path: 'scenarios/hour-of-everything.toml', seed }),
  },
];

describe('the same seed gives the same trace, byte for byte, and another one another', () => {
  it.each(STORIES)(
    'in one process and in another: $name',
    async ({ origin }) => {
      const options = { jobs: 1, signal: AbortSignal.timeout(TIMEOUT_MS) };
      const here = await runSuite([origin(17), origin(17), origin(18)], options);
      const there = await runSuite([origin(17)], options);
      const [first, again, other] = here.map(hashOf);
      const [elsewhere] = there.map(hashOf);
      expect([again, elsewhere]).toEqual([first, first]);
      expect(other).not.toBe(first);
    },
    TIMEOUT_MS,
  );
});

function hashOf(report: Report): string {
  if ('problem' in report) throw new Error(report.problem);
  return report.hash;
}
