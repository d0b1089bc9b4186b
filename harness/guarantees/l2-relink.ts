import { EXIT } from './exit-codes.ts';
import { SCOOTER_EXCUSES, excusedSpans } from './excuses.ts';
import type { Excuses, Guarantee, RunFacts } from './guarantee.ts';
import { ADAPTER_RESET_RULE, checkAdapterResets } from './l2-adapter-resets.ts';
import { checkRecoveries, RECOVERY_RULE } from './l2-recovery.ts';
import { checkReturns, RETURN_RULES } from './l2-return.ts';
import { checkLostChunks, LOST_CHUNKS_RULE } from './lost-chunks.ts';
import { extendedMs, nextCycle } from './polling.ts';
import { untilUnreportedResetNoticed } from './relink-excuses.ts';
import { checkRepeatedLogins, REPEATED_LOGINS_RULE } from './repeated-logins.ts';
import { Tally } from './tally.ts';
import type { TraceView } from './trace-view.ts';
import type { Link } from './view/links.ts';
import { countBetween } from './view/search.ts';
import { Spans } from './view/span.ts';

/** Faults that L2 is about: the scooter is unreachable for a while. */
const ABSENCES = ['radio.gap', 'scooter.off', 'scooter.reboot', 'scooter.sleep'] as const;
const EXCUSES: Excuses = {
  ...Object.fromEntries(
    Object.entries(SCOOTER_EXCUSES).filter(([fault]) => !ABSENCES.some((absence) => absence === fault)),
  ),
  'adapter.reset': untilUnreportedResetNoticed,
};
/** Exit codes after which systemd does not restart the client. */
const FINAL_EXITS: readonly number[] = [EXIT.stopped, EXIT.tokenRefused, EXIT.configuration];

export const l2: Guarantee = {
  title: 'A lost link is re-established as soon as the scooter is reachable again',
  rules: [
    ...RETURN_RULES,
    {
      checks: 'Time from the loss of a link, or the end of the absence after it, to the end of the next poll',
      bound:
        'what is left of return_delay + min(retry_max, retry_min × 2ⁿ) + scooter.connect_timeout + 2 × (supervision_timeout + request_timeout), ' +
        'with n attempts before, and retry_max in place of the minimum if the lost link had no poll; for each login that a quirk prevents ' +
        'supervision_timeout + request_timeout + return_delay + retry_max + scooter.connect_timeout more',
      excuses: [EXCUSES],
    },
    LOST_CHUNKS_RULE,
    REPEATED_LOGINS_RULE,
    ADAPTER_RESET_RULE,
    RECOVERY_RULE,
  ],
  blindSpots: [
    'A link that is lost so late that reconnect_window may end within the bound: L3 checks that.',
    'A client that exits because a window has ended, in the 35 s before.',
    'A delay by a quirk that prevents a login or leaves a read unanswered, in the first two bounds.',
    'Whether the sample of that poll is stored and delivered: S1 checks that.',
    'The time that a real scooter needs: the bounds use the advertisements and connection events of the virtual one.',
  ],
  check(view, facts) {
    const tally = new Tally();
    const absences = new Spans([...view.faultsNamed('radio.gap'), ...view.scooterOff]);
    const excused = excusedSpans(view, facts, EXCUSES);
    checkReturns(view, facts, tally);
    checkLostChunks(view, facts, tally);
    checkRepeatedLogins(view, facts, tally);
    checkAdapterResets(view, facts, tally);
    checkRecoveries(view, facts, tally);
    for (const link of view.links) checkLoss(link, { view, facts, absences, excused, tally });
    return tally.result;
  },
};

interface LossContext {
  readonly view: TraceView;
  readonly facts: RunFacts;
  /** Spans in which the scooter was unreachable. */
  readonly absences: Spans;
  readonly excused: Spans;
  readonly tally: Tally;
}

function checkLoss(link: Link, { view, facts, absences, excused, tally }: LossContext): void {
  const lostMs = link.endMs;
  const process = link.process;
  const backMs = absences.endAt(lostMs);
  if (!process || process.endMs <= backMs) return;

  const boundedMs = boundMs(link, backMs, view, facts);
  const withinMs = extendedMs(backMs, boundedMs, view.preventedLoginsMs, preventedLoginMs(facts));
  const next = nextCycle(view, lostMs);
  const overMs = Math.min(backMs + withinMs, next?.dueMs ?? Infinity);
  if (overMs > view.endMs || windowMayEnd(link, backMs + withinMs, view, facts)) return;
  if (excused.overlaps(lostMs, overMs) || absences.overlaps(backMs, overMs)) return;
  if (process.endMs <= overMs && FINAL_EXITS.includes(process.end?.code ?? NaN)) return;

  tally.addDeadline({
    atMs: overMs,
    withinMs,
    tookMs: next ? next.dueMs - backMs : undefined,
    what: 'no telemetry in time after a lost link, with the scooter reachable',
  });
}

/**
 * The scooter's return delay, one backoff step, and the timeouts of connection, login and poll. Login and poll may each
 * take the supervision timeout and one request timeout.
 */
function boundMs(
  { endMs, releasedMs, cycleCount }: Link,
  backMs: number,
  view: TraceView,
  { config, scooter }: RunFacts,
): number {
  const { retryMinMs, retryMaxMs, connectTimeoutMs, supervisionTimeoutMs, requestTimeoutMs } = config.scooter;
  const visibleMs = Math.max(backMs, releasedMs + scooter.advertisingDelayMs);
  const attempts = countBetween(view.linkAttemptsMs, endMs, visibleMs);
  // The backoff doubles with each attempt; without telemetry on the lost link it was not reset.
  const stepMs = cycleCount > 0 ? Math.min(retryMaxMs, retryMinMs * 2 ** attempts) : retryMaxMs;
  const linkStepMs = supervisionTimeoutMs + requestTimeoutMs;
  return visibleMs - backMs + stepMs + connectTimeoutMs + 2 * linkStepMs;
}

/**
 * Time that a login which a quirk of the scooter prevents takes: its timeout, the scooter's return delay, the longest
 * backoff, and the timeout of the next connection.
 */
function preventedLoginMs({ config, scooter }: RunFacts): number {
  const { retryMaxMs, connectTimeoutMs, supervisionTimeoutMs, requestTimeoutMs } = config.scooter;
  return supervisionTimeoutMs + requestTimeoutMs + scooter.advertisingDelayMs + retryMaxMs + connectTimeoutMs;
}

/** Whether the reconnect window may end by then. */
function windowMayEnd(
  { process, endMs }: Link,
  byMs: number,
  { links }: TraceView,
  { config }: RunFacts,
): boolean {
  const polled = links.findLast(
    (link) => link.process === process && link.cycleCount > 0 && link.endMs <= endMs,
  );
  const sinceMs = polled?.endMs ?? process?.beginMs ?? -Infinity;
  return byMs >= sinceMs + config.scooter.reconnectWindowMs;
}
