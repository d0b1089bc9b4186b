import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parseConfig } from '../../client/config/load.ts';
import { DEFAULT_WORLD } from '../scenario/format/default-world.ts';
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
    ...DEFAULT_WORLD,
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
  failedExpectations: [{ key: 'logins', expected: '2', measured: '3', atMs: 15 }],
  passed: false,
};

const PATH = 'scenarios/gap-of-6-s.toml';
const summary = summarise(OUTCOME, { kind: 'file', path: PATH });

describe('the summary of a run', () => {
  it('can be sent to another process', () => {
    expect(JSON.parse(JSON.stringify(summary))).toEqual(summary);
  });

  it('contains the seed of the run, not that of the file', () => {
    expect(summary.origin).toEqual({ kind: 'file', path: PATH, seed: 7 });
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

  it('explains an expectation that was not met, with its line in the file and the events before it', () => {
    expect(summary.unmet).toEqual([
      {
        key: 'logins',
        expected: '2',
        measured: '3',
        atMs: 15,
        line: readFileSync(PATH, 'utf8').split('\n').indexOf('logins = 2') + 1,
        during: ['radio.gap (step 1)'],
        before: [{ atMs: 10, lane: 'faults', what: 'radio.gap started (step 1)' }],
      },
    ]);
    const [{ line } = {}] = summarise(OUTCOME, { kind: 'campaign', seed: 7, minutes: 1 }).unmet;
    expect(line).toBeUndefined();
  });
});
