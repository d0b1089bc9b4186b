import { EXIT } from '../../client/errors.ts';
import { Waiting } from './giving-up.ts';
import type { Guarantee } from './guarantee.ts';
import { Tally } from './tally.ts';

export const l4: Guarantee = {
  title: 'A scooter that is never found is searched for until the search window ends, and no longer',
  check(view, terms) {
    const tally = new Tally();
    const waiting = new Waiting(view, terms, tally);
    const kind = { windowMs: terms.config.scooter.searchWindowMs, code: EXIT.notFound };
    for (const life of view.lives) {
      const wait = { ...kind, life, sinceMs: life.beginMs };
      waiting.judgeAttempts(wait);
      waiting.judgeEnd(wait);
      waiting.judgePatience(wait);
    }
    return tally.verdict;
  },
};
