import {
  CALLBACK_SPAN_MS,
  CALLBACKS_PER_NEIGHBOUR,
  CALLBACKS_PER_S,
  CALLBACKS_PER_SAMPLE,
} from '../world/systemd/callback-counter.ts';
import type { Rule } from './guarantee.ts';
import { formatCount, formatSeconds, type Tally } from './tally.ts';
import type { TraceView } from './trace-view.ts';

export const LOOP_RULE: Rule = {
  checks: `Callbacks of a process (timers, and what the world passes to it) in ${formatSeconds(CALLBACK_SPAN_MS)}; one too many ends the run`,
  bound: `${formatSeconds(CALLBACK_SPAN_MS)} × (${CALLBACKS_PER_S} + ${CALLBACKS_PER_SAMPLE} × drain_rate + ${CALLBACKS_PER_NEIGHBOUR} × number of devices that advertise beside the scooter)`,
  excuses: [],
};

/** Checks that the client lets time pass: the world counts its callbacks, and ends the run if there are too many. */
export function checkLoops({ processes, loops }: TraceView, tally: Tally): void {
  tally.countChecks(processes.length);
  for (const { atMs, callbacks, overMs } of loops) {
    tally.addViolation({
      atMs,
      what: 'the client ran in a loop, without a pause',
      bound: `${formatCount(callbacks - 1, 'callback')} in ${formatSeconds(CALLBACK_SPAN_MS)}`,
      measured: `${formatCount(callbacks, 'callback')} in ${formatSeconds(overMs)}`,
    });
  }
}
