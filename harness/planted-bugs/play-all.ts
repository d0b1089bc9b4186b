import type { Report } from '../report/summary.ts';
import { ScenarioProcess } from '../scenario/player/scenario-process.ts';
import type { Bug } from './bug.ts';
import { PLAYER_MEMORY, type Copies } from './copy.ts';
import { orderPlays } from './order.ts';
import { playBug, type BugResult } from './play-bug.ts';
import type { Play } from './plays.ts';
import type { Records } from './records.ts';
import { Unplanted } from './unplanted.ts';

export interface PlayAllOptions {
  readonly copies: Copies;
  readonly records: Records;
  /** Plays on until a guarantee objects, also to bugs that only something else objected to last time. */
  readonly isUntilGuarantee: boolean;
  /** Number of parallel processes. */
  readonly jobs: number;
  readonly signal: AbortSignal;
  /** Called with each result, in the order in which the bugs end. */
  readonly onEnd: (result: BugResult) => void;
}

/**
 * Plays several bugs in parallel, each in a process of its own.
 * @returns the runs that fail without a bug, which were left out, each with its first problem
 * @throws the reason of `signal`, ClientError `config` if a bug cannot be planted; all processes have ended by then
 */
export async function playAll(
  bugs: readonly Bug[],
  plays: readonly Play[],
  options: PlayAllOptions,
): Promise<readonly string[]> {
  const { copies, records, isUntilGuarantee, jobs, onEnd } = options;
  const failed = new AbortController();
  const signal = AbortSignal.any([options.signal, failed.signal]);
  const unplanted = new Unplanted(copies.original, signal);
  const passesUnplanted = (play: Play): Promise<boolean> => unplanted.passes(play);
  const queue = bugs.values();
  const work = async (): Promise<void> => {
    try {
      for (const bug of queue) {
        const until = isUntilGuarantee || records[bug.id]?.guarantee ? 'guarantee' : 'objection';
        const ordered = orderPlays(plays, bug.id, records);
        const result = await copies.withBug(bug, async ({ player }) => {
          const planted = new ScenarioProcess(player, PLAYER_MEMORY);
          const run = ({ origin, limits }: Play): Promise<Report> => planted.run(origin, limits, signal);
          try {
            return await playBug(bug, ordered, { run, passesUnplanted, until });
          } finally {
            await planted.end();
          }
        });
        onEnd(result);
      }
    } catch (error) {
      failed.abort(error);
      throw error;
    }
  };
  try {
    const workers = Array.from({ length: Math.min(jobs, bugs.length) }, work);
    const finished = Promise.all(workers);
    await Promise.allSettled([finished, ...workers]);
    await finished;
    return unplanted.failures;
  } finally {
    await unplanted.end();
  }
}
