import { EXIT } from '../../client/errors.ts';
import { WaitJudge } from './wait-judge.ts';
import type { Guarantee } from './guarantee.ts';
import { Tally } from './tally.ts';

export const l4: Guarantee = {
  title: 'A scooter that is never found is searched for until the search window ends, and no longer',
  check(view, facts) {
    const tally = new Tally();
    const waiting = new WaitJudge(view, facts, tally);
    const kind = { windowMs: facts.config.scooter.searchWindowMs, code: EXIT.notFound };
    for (const life of view.lives) {
      const wait = { ...kind, life, sinceMs: life.beginMs };
      waiting.judgeAttempts(wait);
      waiting.judgeExit(wait);
      waiting.judgeMinimumWait(wait);
    }
    return tally.verdict;
  },
};
