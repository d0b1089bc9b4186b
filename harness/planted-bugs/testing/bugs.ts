import { PASSED } from '../../report/testing/reports.ts';
import type { Report, Summary } from '../../report/summary.ts';
import type { Bug } from '../bug.ts';
import type { Objection } from '../objection.ts';
import type { BugResult } from '../play-bug.ts';
import type { Play } from '../plays.ts';

/** A bug with an edit that replaces `a` by `b` in a file. */
export function bugNamed(id: string, bug: Partial<Bug> = {}): Bug {
  const edits = [{ file: 'client/wait.ts', find: 'a', replace: 'b' }];
  return { id, about: `The client has the bug ${id}.`, set: 'first', edits, ...bug };
}

/** A play of a scenario file. */
export function playNamed(name: string, expectedMs = 1_000): Play {
  const limits = { timeoutMs: 60_000, cpuLimitMs: 60_000 };
  return { origin: { kind: 'file', path: `scenarios/${name}.toml` }, name, expectedMs, limits };
}

/** A run that passed, at a cost of 600 ms, or with what replaces parts of it. */
export function reportOf(summary: Partial<Summary> = {}): Report {
  return { ...PASSED, ...summary };
}

export const GUARANTEE: Objection = { by: 'guarantee', what: ['S4'], play: 'tunnel', atMs: 62_000 };
export const EXPECTATION: Objection = { by: 'expectation', what: ['logins'], play: 'first-connection' };

/** The result of a bug that a guarantee objected to at once. */
export function resultOf(id: string, result: Partial<BugResult> = {}): BugResult {
  const base = { bug: bugNamed(id), first: GUARANTEE, guarantee: GUARANTEE };
  return { ...base, headlines: [], plays: 1, cpuMs: 400, ...result };
}
