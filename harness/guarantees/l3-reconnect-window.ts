import { EXIT } from './exit-codes.ts';
import { checkGivingUp, GIVING_UP_RULES } from './l3-giving-up.ts';
import { WAIT_BLIND_SPOTS, WaitChecker, waitRules } from './window-check.ts';
import type { Guarantee } from './guarantee.ts';
import { Tally } from './tally.ts';

export const l3: Guarantee = {
  title: 'The client retries a lost scooter until the reconnect window ends, then exits',
  rules: [...waitRules('reconnect_window', EXIT.lostTooLong), ...GIVING_UP_RULES],
  blindSpots: [...WAIT_BLIND_SPOTS, 'A scooter that was never polled by this process: L4 checks that wait.'],
  check(view, facts) {
    const tally = new Tally();
    const checker = new WaitChecker(view, facts, tally);
    checkGivingUp(view, facts, tally);
    const window = { windowMs: facts.config.scooter.reconnectWindowMs, code: EXIT.lostTooLong };
    const polled = view.links.filter(({ cycleCount }) => cycleCount > 0);
    for (const { process, endMs } of polled) {
      if (!process || process.endMs <= endMs) continue;
      const wait = { ...window, process, sinceMs: endMs };
      checker.checkAttempts(wait);
      checker.checkExit(wait);
    }
    for (const process of view.processes) {
      const last = polled.findLast((link) => link.process === process);
      checker.checkMinimumWait({ ...window, process, sinceMs: last?.endMs ?? process.beginMs });
    }
    return tally.result;
  },
};
