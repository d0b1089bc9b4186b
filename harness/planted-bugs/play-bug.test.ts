import { describe, expect, it } from 'vitest';
import { CRASHED, FAILED, VIOLATED } from '../report/testing/reports.ts';
import type { Report } from '../report/summary.ts';
import { playBug, type BugResult, type Until } from './play-bug.ts';
import { bugNamed, playNamed, reportOf } from './testing/bugs.ts';

const PASS = reportOf();
const VIOLATION = reportOf({ passed: false, guarantees: [VIOLATED] });
const UNMET = reportOf({
  passed: false,
  unmet: [{ key: 'logins', expected: '1', measured: '2', atMs: 0, during: [], before: [] }],
});

/** Plays a bug whose runs have these results. @param alsoUnplanted indices of those that fail without it */
function play(
  reports: readonly Report[],
  until: Until,
  alsoUnplanted: readonly number[] = [],
): Promise<BugResult> {
  const plays = reports.map((_, index) => playNamed(String(index)));
  return playBug(bugNamed('x'), plays, {
    run: ({ name }) => Promise.resolve(reports[Number(name)] ?? PASS),
    passesUnplanted: ({ name }) => Promise.resolve(!alsoUnplanted.includes(Number(name))),
    until,
  });
}

describe('the plays of a bug', () => {
  it('end at the first objection, of whatever', async () => {
    const { first, guarantee, plays, cpuMs } = await play([PASS, UNMET, VIOLATION], 'objection');
    expect(first).toEqual({ by: 'expectation', what: ['logins'], play: '1' });
    expect([guarantee, plays, cpuMs]).toEqual([undefined, 2, 1_200]);
  });

  it('go on until a guarantee objects, if only guarantees count', async () => {
    const { first, guarantee, plays } = await play([UNMET, CRASHED, VIOLATION, PASS], 'guarantee');
    expect(first?.play).toBe('0');
    expect(guarantee).toEqual({ by: 'guarantee', what: ['L1'], play: '2', atMs: 3_723_004 });
    expect(plays).toBe(3);
  });

  it('count a guarantee before the expectations of the same run', async () => {
    const { first, guarantee } = await play([FAILED], 'objection');
    expect(first).toEqual({ by: 'guarantee', what: ['L1'], play: '0', atMs: 3_723_004 });
    expect(guarantee).toEqual(first);
  });

  it('name a crash, which no guarantee has detected, and end after three', async () => {
    const crashes = await play([CRASHED, CRASHED, CRASHED, VIOLATION], 'guarantee');
    expect(crashes.first).toEqual({ by: 'crash', what: ['Ended with exit code 3'], play: '0' });
    expect([crashes.guarantee, crashes.plays]).toEqual([null, 3]);
  });

  it('leave out a run that fails without the bug as well', async () => {
    const { first } = await play([VIOLATION, UNMET], 'guarantee', [0]);
    expect(first?.play).toBe('1');
  });

  it('without any objection leave the bug to nobody', async () => {
    expect(await play([PASS, PASS], 'objection')).toMatchObject({ first: null, guarantee: null, plays: 2 });
  });
});

it('the first moment is that of the earliest guarantee, which is named first', async () => {
  const [violation] = VIOLATED.violations;
  const early = { ...VIOLATED, id: 'S4' as const, violations: violation ? [{ ...violation, atMs: 5 }] : [] };
  const { first } = await play([reportOf({ passed: false, guarantees: [VIOLATED, early] })], 'objection');
  expect(first).toMatchObject({ what: ['S4', 'L1'], atMs: 5 });
});
