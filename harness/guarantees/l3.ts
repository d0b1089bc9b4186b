import { EXIT } from '../../client/errors.ts';
import { WaitJudge } from './wait-judge.ts';
import type { Guarantee } from './guarantee.ts';
import { Tally } from './tally.ts';

export const l3: Guarantee = {
  title: 'A scooter out of reach is tried again and again, and given up when the reconnect window ends',
  check(view, facts) {
    const tally = new Tally();
    const waiting = new WaitJudge(view, facts, tally);
    const kind = { windowMs: facts.config.scooter.reconnectWindowMs, code: EXIT.lostTooLong };
    const polled = view.links.filter(({ cycleCount }) => cycleCount > 0);
    for (const { life, endMs } of polled) {
      if (!life || life.endMs <= endMs) continue;
      const wait = { ...kind, life, sinceMs: endMs };
      waiting.judgeAttempts(wait);
      waiting.judgeExit(wait);
    }
    for (const life of view.lives) {
      const last = polled.findLast((link) => link.life === life);
      waiting.judgeMinimumWait({ ...kind, life, sinceMs: last?.endMs ?? life.beginMs });
    }
    return tally.verdict;
  },
};
