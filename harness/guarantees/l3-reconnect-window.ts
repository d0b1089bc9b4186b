import { ADAPTER_EXCUSES } from './excuses.ts';
import { EXIT } from './exit-codes.ts';
import { checkGivingUp, GIVING_UP_RULES } from './l3-giving-up.ts';
import { WAIT_BLIND_SPOTS, WaitChecker, waitRules } from './window-check.ts';
import type { Guarantee } from './guarantee.ts';
import { Tally } from './tally.ts';
import type { TraceView } from './trace-view.ts';
import type { Link } from './view/links.ts';

export const l3: Guarantee = {
  title: 'The client retries a lost scooter until the reconnect window ends, then exits',
  rules: [...waitRules('reconnect_window', EXIT.lostTooLong), ...GIVING_UP_RULES],
  blindSpots: [
    ...WAIT_BLIND_SPOTS,
    'A scooter that was never polled by this process: L4 checks that wait.',
    'An exit that is too early by less than the time from an adapter fault to the end of the link, which the client loses with the adapter.',
  ],
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
      const windowMs = window.windowMs - (last ? earlyMs(last, view) : 0);
      checker.checkMinimumWait({ ...window, windowMs, process, sinceMs: last?.endMs ?? process.beginMs });
    }
    return tally.result;
  },
};

/** Time before the end of a link on the air in which the client may have lost it: since an adapter fault after its last poll. */
function earlyMs(link: Link, { cycles, faults }: TraceView): number {
  const polledMs = cycles.findLast((cycle) => cycle.link === link)?.dueMs ?? link.beginMs;
  const fault = faults.find(({ fault: name, beginMs }) => name in ADAPTER_EXCUSES && beginMs >= polledMs);
  return fault ? Math.max(0, link.endMs - fault.beginMs) : 0;
}
