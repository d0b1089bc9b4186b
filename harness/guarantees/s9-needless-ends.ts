import type { Rule, RunFacts } from './guarantee.ts';
import { MAX_SESSION_REPLIES } from './l1-short-gap.ts';
import type { Tally } from './tally.ts';
import type { TraceView } from './trace-view.ts';
import type { FaultSpan } from './view/fault-spans.ts';
import { Spans } from './view/span.ts';

/** Time in which a process that disconnects first ends. */
const CLOSE_MS = 2_000;
/** Families of faults after which a link may end. */
const LINK_FAULTS: readonly string[] = ['radio', 'link', 'scooter', 'adapter', 'client'];

/** What the rider does with a scooter that stays connected. */
const RIDES: readonly string[] = ['park', 'push', 'charge', 'lock', 'error', 'warning', 'mode'];

export const NEEDLESS_ENDS_RULE: Rule = {
  checks: 'A link with polls that ends while the process goes on',
  bound: `only with a fault of ${LINK_FAULTS.join(', ')}, but the conditions of the ride, from 2 × send_interval + 3 × (supervision_timeout + request_timeout) before`,
  excuses: [],
};

/** Checks that the client ends a link that works only for a reason: another login costs air time and battery. */
export function checkNeedlessEnds(view: TraceView, facts: RunFacts, tally: Tally): void {
  const { scooter, mqtt } = facts.config;
  const noticeMs = 2 * mqtt.sendIntervalMs + 3 * (scooter.supervisionTimeoutMs + scooter.requestTimeoutMs);
  const disturbed = new Spans([
    ...faultsOf(LINK_FAULTS, view).map(longer(noticeMs)),
    ...view.scooterOff.map(longer(noticeMs)),
    ...[...view.preventedLoginsMs, ...view.withheldReadsMs].map((ms) => ({
      beginMs: ms,
      endMs: ms + noticeMs,
    })),
  ]);
  for (const { endMs, process, cycleCount, replyCount } of view.links) {
    const isJudged = cycleCount > 0 && replyCount <= MAX_SESSION_REPLIES;
    if (isJudged && process) check(endMs, Math.min(process.endMs, view.endMs), disturbed, tally);
  }
}

function check(endMs: number, overMs: number, disturbed: Spans, tally: Tally): void {
  tally.countChecks();
  // A process that stops disconnects first.
  if (endMs + CLOSE_MS >= overMs || disturbed.overlaps(endMs - 1, endMs)) return;
  tally.addViolation({
    atMs: endMs,
    what: 'the link to the scooter ended although nothing was wrong',
    bound: 'only after a fault',
    measured: 'none active',
  });
}

function faultsOf(families: readonly string[], { faults }: TraceView): readonly FaultSpan[] {
  return faults.filter(({ fault }) => {
    const [family = '', name = ''] = fault.split('.');
    return families.includes(family) && !(family === 'scooter' && RIDES.includes(name));
  });
}

const longer =
  (ms: number) =>
  ({ beginMs, endMs }: { readonly beginMs: number; readonly endMs: number }) => ({
    beginMs,
    endMs: endMs + ms,
  });
