import type { Rule, RunFacts } from './guarantee.ts';
import { MAX_SESSION_REPLIES } from './l1-short-gap.ts';
import { keepAliveMs } from './excuses.ts';
import { formatSeconds, type Tally } from './tally.ts';
import type { TraceView } from './trace-view.ts';
import type { FaultSpan } from './view/fault-spans.ts';
import { Spans } from './view/span.ts';

/** Time that the adapter and the broker take to end a connection. */
const CLOSE_MS = 2_000;
/** Families of faults after which a link, or a connection to the broker, may end. */
const LINK_FAULTS: readonly string[] = ['radio', 'link', 'scooter', 'adapter', 'client'];
const BROKER_FAULTS: readonly string[] = ['broker', 'client'];

export const NEEDLESS_ENDS_RULE: Rule = {
  checks: 'A link with polls, or a connection to the broker, that ends while the process goes on',
  bound:
    `only with a fault of ${LINK_FAULTS.join(', ')} from 2 × send_interval + 3 × (supervision_timeout + request_timeout) before, ` +
    `or of ${BROKER_FAULTS.join(', ')} from send_interval + keep_alive + reconnect_max + ${formatSeconds(CLOSE_MS)} before`,
  excuses: [],
};

/** Checks that the client ends what works only for a reason: a connection costs air time, battery and data. */
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
    if (isJudged && process) check('a link', endMs, Math.min(process.endMs, view.endMs), disturbed, tally);
  }
  // Through a black hole, the broker sees the end of a connection at the beginning of the next one.
  const closedMs = mqtt.sendIntervalMs + keepAliveMs(facts) + mqtt.reconnectMaxMs + CLOSE_MS;
  const failing = new Spans(faultsOf(BROKER_FAULTS, view).map(longer(closedMs)));
  for (const { endMs, process } of view.connections) {
    if (process)
      check('a connection to the broker', endMs, Math.min(process.endMs, view.endMs), failing, tally);
  }
}

function check(what: string, endMs: number, overMs: number, disturbed: Spans, tally: Tally): void {
  tally.countChecks();
  // A process that stops disconnects first.
  if (endMs + CLOSE_MS >= overMs || disturbed.overlaps(endMs - 1, endMs)) return;
  tally.addViolation({
    atMs: endMs,
    what: `${what} ended although nothing was wrong`,
    bound: 'only after a fault',
    measured: 'none active',
  });
}

function faultsOf(families: readonly string[], { faults }: TraceView): readonly FaultSpan[] {
  return faults.filter(({ fault }) => families.includes(fault.split('.')[0] ?? ''));
}

const longer =
  (ms: number) =>
  ({ beginMs, endMs }: { readonly beginMs: number; readonly endMs: number }) => ({
    beginMs,
    endMs: endMs + ms,
  });
