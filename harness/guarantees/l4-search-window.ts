import { EXIT } from '../../client/errors.ts';
import { WaitJudge } from './window-check.ts';
import type { Guarantee } from './guarantee.ts';
import { Tally } from './tally.ts';

export const l4: Guarantee = {
  title: 'The client searches for the scooter until the search window ends, then exits',
  check(view, facts) {
    const tally = new Tally();
    const judge = new WaitJudge(view, facts, tally);
    const window = { windowMs: facts.config.scooter.searchWindowMs, code: EXIT.notFound };
    for (const life of view.lives) {
      const wait = { ...window, life, sinceMs: life.beginMs };
      judge.judgeAttempts(wait);
      judge.judgeExit(wait);
      judge.judgeMinimumWait(wait);
    }
    return tally.verdict;
  },
};
