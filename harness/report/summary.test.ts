import { describe, expect, it } from 'vitest';
import { parseConfig } from '../../client/config/load.ts';
import type { Outcome } from '../scenario/player/run.ts';
import { summarise } from './summary.ts';
import { trace, VIOLATION } from './testing/reports.ts';

const CONFIG = `
[mqtt]
broker = "mqtt://127.0.0.1"
topic = "a/b"
[scooter]
mac = "c8f09e000001"
`;

const OUTCOME: Outcome = {
  scenario: {
    name: 'short-gap',
    title: 'A short radio gap',
    seed: 1,
    durationMs: 60_000,
    scooter: { model: 'pro2', paired: true, on: true, odometerM: 0, percent: 80, advertisingDelayMs: 1_000 },
    client: {},
    steps: [],
    expect: { guarantees: ['L1'] },
  },
  seed: 7,
  config: parseConfig(CONFIG, 'martinete.toml'),
  events: trace(
    [10, { type: 'fault.began', step: 1, fault: 'radio.gap', detail: '' }],
    [20, { type: 'link.down', reason: 8 }],
  ),
  endMs: 60_000,
  realMs: 12,
  cpuMs: 0,
  results: [
    {
      id: 'L1',
      title: 'the link survives a short radio gap',
      result: {
        checks: 5,
        delays: [],
        violations: [1, 20, 30, 40, 50].map((atMs) => ({ ...VIOLATION, atMs })),
      },
    },
  ],
  failedExpectations: [{ key: 'logins', expected: '1', measured: '2' }],
  passed: false,
};

const summary = summarise(OUTCOME, { kind: 'file', path: 'short-gap.toml' });

describe('the summary of a run', () => {
  it('can be sent to another process', () => {
    expect(JSON.parse(JSON.stringify(summary))).toEqual(summary);
  });

  it('contains the seed of the run, not that of the file', () => {
    expect(summary.origin).toEqual({ kind: 'file', path: 'short-gap.toml', seed: 7 });
  });

  it('explains the first violations and counts them all', () => {
    const [guarantee] = summary.guarantees;
    expect(guarantee?.violationCount).toBe(5);
    expect(guarantee?.violations.map(({ atMs }) => atMs)).toEqual([1, 20, 30]);
    expect(guarantee?.violations[1]).toMatchObject({
      during: ['radio.gap (step 1)'],
      before: [
        { atMs: 10, lane: 'faults', what: 'radio.gap started (step 1)' },
        { atMs: 20, lane: 'radio', what: 'disconnected: supervision timeout (0x08)' },
      ],
    });
  });
});
