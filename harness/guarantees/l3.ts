import { EXIT } from '../../client/errors.ts';
import { Waiting } from './giving-up.ts';
import type { Guarantee } from './guarantee.ts';
import { Tally } from './tally.ts';

export const l3: Guarantee = {
  title: 'A scooter out of reach is tried again and again, and given up when the reconnect window ends',
  check(view, terms) {
    const tally = new Tally();
    const waiting = new Waiting(view, terms, tally);
    const kind = { windowMs: terms.config.scooter.reconnectWindowMs, code: EXIT.lostTooLong };
    const polled = view.links.filter(({ cycles }) => cycles > 0);
    for (const { life, endMs } of polled) {
      if (!life || life.endMs <= endMs) continue;
      const wait = { ...kind, life, sinceMs: endMs };
      waiting.judgeAttempts(wait);
      waiting.judgeEnd(wait);
    }
    for (const life of view.lives) {
      const last = polled.findLast((link) => link.life === life);
      waiting.judgePatience({ ...kind, life, sinceMs: last?.endMs ?? life.beginMs });
    }
    return tally.verdict;
  },
};
