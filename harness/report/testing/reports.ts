import type { Violation } from '../../guarantees/guarantee.ts';
import type { EventContent, TraceEvent } from '../../world/trace/event.ts';
import type { FailedRun, GuaranteeSummary, Summary } from '../summary.ts';

/** Builds events from pairs of a time in milliseconds and an event. */
export function trace(...pairs: readonly (readonly [number, EventContent])[]): TraceEvent[] {
  return pairs.map(([atMs, content]) => ({ atMs, ...content }));
}

/** A violation as a guarantee reports it. */
export const VIOLATION: Violation = {
  atMs: 3_723_004,
  what: 'no sample came',
  bound: '6 s',
  measured: '8.2 s',
};

export const HELD: GuaranteeSummary = {
  id: 'S2',
  title: 'samples come in order',
  occasions: 12,
  shares: {},
  violationCount: 0,
  violations: [],
};

export const VIOLATED: GuaranteeSummary = {
  id: 'L1',
  title: 'a short gap keeps the link',
  occasions: 3,
  closest: { bound: '6 s', measured: '8.2 s' },
  shares: {},
  violationCount: 1,
  violations: [
    {
      ...VIOLATION,
      during: ['radio.gap (step 2)'],
      before: [{ atMs: 3_720_000, lane: 'faults', what: 'radio.gap started (step 2)' }],
    },
  ],
};

export const PASSED: Summary = {
  origin: { kind: 'file', path: 'scenarios/short-gap.toml', seed: 7 },
  name: 'short-gap',
  title: 'A gap without consequences',
  passed: true,
  seed: 7,
  virtualMs: 3_600_000,
  realMs: 500,
  cpuMs: 600,
  hash: 'abc123',
  guarantees: [HELD],
  unmet: [],
};

export const FAILED: Summary = {
  ...PASSED,
  passed: false,
  guarantees: [HELD, VIOLATED],
  unmet: [
    {
      key: 'logins',
      expected: '1',
      measured: '2',
      atMs: 3_725_000,
      line: 12,
      during: [],
      before: [{ atMs: 3_724_000, lane: 'scooter', what: 'login accepted' }],
    },
  ],
};

export const CRASHED: FailedRun = {
  origin: { kind: 'campaign', seed: 17, minutes: 10 },
  name: 'campaign 17',
  passed: false,
  problem: 'Ended with exit code 3\nout of memory',
};
