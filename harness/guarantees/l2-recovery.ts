import { excusedSpans, POLL_EXCUSES } from './excuses.ts';
import type { Excuses, Rule, RunFacts } from './guarantee.ts';
import { nextCycle } from './polling.ts';
import { RELINK_EXCUSES } from './relink-excuses.ts';
import { formatSeconds, type Tally } from './tally.ts';
import type { TraceView } from './trace-view.ts';
import { Spans, type Span } from './view/span.ts';

/** Time that a working adapter takes to be opened again at most (docs/link.md). */
const ADAPTER_RESTART_MS = 10_000;
/** Time that the adapter may take to cancel an attempt. */
const CANCEL_MS = 2_000;

/** Whatever keeps a client from reading the scooter, with the next link after an adapter fault. */
const EXCUSES: Excuses = {
  ...POLL_EXCUSES,
  ...RELINK_EXCUSES,
};

export const RECOVERY_RULE: Rule = {
  checks: 'Time without the end of a poll, with the scooter in reach and no fault, whatever happened before',
  bound:
    'return_delay + send_interval + 3 × (supervision_timeout + request_timeout) + scooter.connect_timeout ' +
    `+ ${formatSeconds(CANCEL_MS)}, each twice with ${formatSeconds(ADAPTER_RESTART_MS)} in between, + 2 × retry_max`,
  excuses: [EXCUSES],
};

/**
 * Checks that the client always reads a scooter in reach again. It may find out late that an adapter has lost track of a
 * link, restart it, and then connect: a cycle of notice, pause and attempt, twice.
 */
export function checkRecoveries(view: TraceView, facts: RunFacts, tally: Tally): void {
  const withinMs = recoveryBoundMs(facts);
  const disturbed = new Spans([
    ...disturbances(view, facts),
    ...view.preventedLoginsMs.map((ms) => ({ beginMs: ms, endMs: ms + withinMs })),
  ]);
  for (const process of view.processes) {
    const span = { beginMs: process.beginMs, endMs: Math.min(process.endMs, view.endMs) };
    for (const calm of disturbed.subtractFrom(span)) checkCalm(calm, withinMs, view, tally);
  }
}

function recoveryBoundMs({ config, scooter }: RunFacts): number {
  const { retryMaxMs, connectTimeoutMs, supervisionTimeoutMs, requestTimeoutMs } = config.scooter;
  const noticeMs = config.mqtt.sendIntervalMs + 3 * (supervisionTimeoutMs + requestTimeoutMs);
  const attemptMs = noticeMs + connectTimeoutMs + CANCEL_MS + scooter.advertisingDelayMs;
  return 2 * (attemptMs + retryMaxMs) + ADAPTER_RESTART_MS;
}

function disturbances(view: TraceView, facts: RunFacts): readonly Span[] {
  const excused = excusedSpans(view, facts, EXCUSES);
  const run = { beginMs: 0, endMs: view.endMs };
  const calm = excused.subtractFrom(run);
  return [...new Spans(calm).subtractFrom(run), ...view.scooterOff];
}

function checkCalm({ beginMs, endMs }: Span, withinMs: number, view: TraceView, tally: Tally): void {
  if (endMs - beginMs < withinMs) return;
  tally.countChecks();
  for (let fromMs = beginMs; ;) {
    const dueMs = nextCycle(view, fromMs)?.dueMs ?? Infinity;
    const overMs = Math.min(dueMs, endMs);
    if (overMs - fromMs > withinMs) {
      tally.addViolation({
        atMs: fromMs + withinMs,
        what: 'the client did not read a scooter in reach',
        bound: `at least every ${formatSeconds(withinMs)}`,
        measured: `not for ${formatSeconds(overMs - fromMs)}`,
      });
      return;
    }
    if (dueMs >= endMs) return;
    fromMs = dueMs;
  }
}
