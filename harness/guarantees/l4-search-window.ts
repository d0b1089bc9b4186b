import { EXIT } from './exit-codes.ts';
import { WAIT_BLIND_SPOTS, WaitChecker, waitRules } from './window-check.ts';
import type { Guarantee } from './guarantee.ts';
import { Tally } from './tally.ts';

export const l4: Guarantee = {
  title: 'The client searches for the scooter until the search window ends, then exits',
  rules: waitRules('search_window', EXIT.notFound),
  blindSpots: [...WAIT_BLIND_SPOTS, 'A scooter that this process has polled and lost: L3 checks that wait.'],
  check(view, facts) {
    const tally = new Tally();
    const checker = new WaitChecker(view, facts, tally);
    const window = { windowMs: facts.config.scooter.searchWindowMs, code: EXIT.notFound };
    for (const process of view.processes) {
      const wait = { ...window, process, sinceMs: process.beginMs };
      checker.checkAttempts(wait);
      checker.checkExit(wait);
      checker.checkMinimumWait(wait);
    }
    return tally.result;
  },
};
