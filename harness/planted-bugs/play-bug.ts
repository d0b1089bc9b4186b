import { failureHeadlines } from '../report/failure.ts';
import type { Report } from '../report/summary.ts';
import type { Bug } from './bug.ts';
import { objectionIn, type Objection } from './objection.ts';
import type { Play } from './plays.ts';

/** A bug that crashes or hangs so many plays is not played further: each hang costs the limit of a play. */
const MAX_CRASHES = 3;

/** What objected to a bug, and what that cost. */
export interface BugResult {
  readonly bug: Bug;
  /** Null if nothing objected. */
  readonly first: Objection | null;
  /** Null if no guarantee objected; undefined if the plays ended before one could. */
  readonly guarantee: Objection | null | undefined;
  /** What was violated, in one sentence each. */
  readonly headlines: readonly string[];
  /** Number of plays. */
  readonly plays: number;
  /** CPU time of all plays; of one whose process crashed its real time, at most its limit. */
  readonly cpuMs: number;
}

/** What ends the plays of a bug: the first objection, or the first one of a guarantee. */
export type Until = 'objection' | 'guarantee';

export interface PlayOptions {
  /** Plays the client with the bug. */
  readonly run: (play: Play) => Promise<Report>;
  /** Whether the client without the bug passes. */
  readonly passesUnplanted: (play: Play) => Promise<boolean>;
  readonly until: Until;
}

/** Plays the client with a bug, run by run, until something objects to the bug. */
export async function playBug(
  bug: Bug,
  plays: readonly Play[],
  { run, passesUnplanted, until }: PlayOptions,
): Promise<BugResult> {
  const objections: Objection[] = [];
  const headlines: string[] = [];
  let [count, cpuMs] = [0, 0];
  const result = (guarantee: BugResult['guarantee']): BugResult => {
    return { bug, first: objections[0] ?? null, guarantee, headlines, plays: count, cpuMs };
  };
  for (const play of plays) {
    const beganMs = performance.now();
    const report = await run(play);
    count += 1;
    cpuMs += 'cpuMs' in report ? report.cpuMs : Math.min(performance.now() - beganMs, play.limits.cpuLimitMs);
    const objection = objectionIn(report, play.name);
    if (!objection || !(await passesUnplanted(play))) continue;
    objections.push(objection);
    const isGuarantee = objection.by === 'guarantee';
    if (isGuarantee || objections.length === 1) headlines.push(...failureHeadlines(report));
    if (isGuarantee) return result(objection);
    if (until === 'objection') return result(undefined);
    if (objections.filter(({ by }) => by === 'crash').length === MAX_CRASHES) break;
  }
  return result(null);
}
