import { CLIENT_EXCUSES, excusedSpans } from './excuses.ts';
import type { Excuses, Rule, RunFacts } from './guarantee.ts';
import { RETURN_EXCUSES } from './l2-return.ts';
import { formatSeconds, type Tally } from './tally.ts';
import type { TraceView } from './trace-view.ts';
import { countUntil } from './view/search.ts';

/** A host has ended the link, as the scooter sees it (Bluetooth Core Vol 1 Part F, 2.17); without a fault, that of the Pi. */
const BY_HOST = 0x13;
/** Replies come with connection events, and links end with them. */
const TOLERANCE_MS = 250;

/** A stray part of a frame costs a repetition, and never the link. */
const RECEIVED_EXCUSES: Excuses = without(RETURN_EXCUSES, 'scooter.fragment');
/** Nor does a reply that takes long. */
const PROGRESS_EXCUSES: Excuses = without(RECEIVED_EXCUSES, 'scooter.slow', 'scooter.late');

export const KEPT_LINK_RULES: readonly Rule[] = [
  {
    checks: 'Time from the last reply to the end of a link with polls, if the client ends it',
    bound: `at least supervision_timeout - ${formatSeconds(TOLERANCE_MS)}`,
    excuses: [RECEIVED_EXCUSES, CLIENT_EXCUSES],
  },
  {
    checks: 'Time from the last reply to another read than the one before it, to such an end',
    bound: `at least supervision_timeout - ${formatSeconds(TOLERANCE_MS)}`,
    excuses: [PROGRESS_EXCUSES, CLIENT_EXCUSES],
  },
];

/**
 * Checks that a client does not end a link on which replies arrive.
 * @param maxReplies number of replies after which it may, because it has to log in again
 */
export function checkKeptLinks(view: TraceView, facts: RunFacts, maxReplies: number, tally: Tally): void {
  const boundMs = facts.config.scooter.supervisionTimeoutMs - TOLERANCE_MS;
  const stopped = excusedSpans(view, facts, CLIENT_EXCUSES);
  const rules = [
    { excused: excusedSpans(view, facts, RECEIVED_EXCUSES), isProgress: false },
    { excused: excusedSpans(view, facts, PROGRESS_EXCUSES), isProgress: true },
  ];
  for (const { beginMs, endMs, reason, cycleCount, replyCount, process } of view.links) {
    if (reason !== BY_HOST || cycleCount === 0 || replyCount > maxReplies) continue;
    if (endMs >= view.endMs || !process || process.endMs <= endMs + boundMs) continue;
    for (const { excused, isProgress } of rules) {
      if (excused.overlaps(endMs - 2 * boundMs, endMs) || stopped.overlaps(endMs - boundMs, endMs)) continue;
      const lastMs = Math.max(beginMs, lastReplyMs(view, endMs, isProgress));
      tally.countChecks();
      if (endMs - lastMs >= boundMs) continue;
      tally.addViolation({
        atMs: endMs,
        what: 'the client ended a link on which replies arrived',
        bound: `not before ${formatSeconds(boundMs)} without ${isProgress ? 'a reply to another read' : 'a reply'}`,
        measured: formatSeconds(endMs - lastMs),
      });
      break;
    }
  }
}

/** When the last reply arrived, or the last one to another read than that before it. */
function lastReplyMs({ received }: TraceView, untilMs: number, isProgress: boolean): number {
  let index = countUntil(received, untilMs, ({ atMs }) => atMs) - 1;
  if (isProgress) {
    while (index > 0 && received[index]?.registers === received[index - 1]?.registers) index -= 1;
  }
  return received[index]?.atMs ?? -Infinity;
}

function without(excuses: Excuses, ...names: readonly (keyof Excuses)[]): Excuses {
  return Object.fromEntries(Object.entries(excuses).filter(([name]) => !names.some((each) => each === name)));
}
