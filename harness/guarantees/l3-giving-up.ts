import { ADAPTER_EXCUSES, excusedSpans } from './excuses.ts';
import { EXIT } from './exit-codes.ts';
import type { Rule, RunFacts } from './guarantee.ts';
import { formatSeconds, type Tally } from './tally.ts';
import type { TraceView } from './trace-view.ts';
import type { ProcessSpan } from './view/processes.ts';
import { Spans } from './view/span.ts';

/** Time in which the client exits once it has decided so, with the last deliveries. */
const EXIT_MS = 35_000;
/** Time limit of a login (MiAuth SDK). */
const LOGIN_MS = 30_000;
/** Time that the adapter may take to cancel an attempt, and to be opened. */
const CANCEL_MS = 2_000;
const OPEN_MS = 10_000;

export const GIVING_UP_RULES: readonly Rule[] = [
  {
    checks:
      'Time from the end of a link with polls, or from the end of search_window after the start of a process, to the next poll or the end of the process, ' +
      'whatever keeps the client from reading the scooter',
    bound:
      'reconnect_window + scooter.connect_timeout + 4 × (supervision_timeout + request_timeout) ' +
      `+ ${formatSeconds(LOGIN_MS + CANCEL_MS + EXIT_MS)}`,
    excuses: [ADAPTER_EXCUSES],
  },
  {
    checks: `Time from the beginning of adapter.down or adapter.mute, or the start of a process during it, to the end of the process, while it lasts`,
    bound:
      'send_interval + 4 × (supervision_timeout + request_timeout) + scooter.connect_timeout + retry_max ' +
      `+ ${formatSeconds(CANCEL_MS + OPEN_MS + EXIT_MS)}`,
    excuses: [],
  },
];

/** Checks that the client gives up in the end, whatever keeps it from reading the scooter. */
export function checkGivingUp(view: TraceView, facts: RunFacts, tally: Tally): void {
  const faults = excusedSpans(view, facts, ADAPTER_EXCUSES);
  for (const process of view.processes) {
    checkUnread(process, { view, facts, faults, tally });
    checkAdapter(process, view, facts, tally);
  }
}

interface UnreadContext {
  readonly view: TraceView;
  readonly facts: RunFacts;
  readonly faults: Spans;
  readonly tally: Tally;
}

function checkUnread(process: ProcessSpan, { view, facts, faults, tally }: UnreadContext): void {
  const { searchWindowMs, reconnectWindowMs } = facts.config.scooter;
  const withinMs = reconnectWindowMs + slackMs(facts);
  const paused = new Spans(view.faultsNamed('client.pause'));
  const polled = view.links.filter((link) => link.process === process && link.cycleCount > 0);
  const starts = [process.beginMs + searchWindowMs, ...polled.map(({ endMs }) => endMs)];
  starts.forEach((sinceMs, index) => {
    const deadlineMs = sinceMs + withinMs;
    const readMs = polled[index]?.beginMs ?? Infinity;
    const overMs = Math.min(readMs, process.endMs);
    if (paused.overlaps(sinceMs, deadlineMs)) return;
    if (!(deadlineMs < view.endMs) || faults.overlaps(sinceMs + reconnectWindowMs - OPEN_MS, deadlineMs))
      return;
    tally.countChecks();
    if (overMs <= deadlineMs) return;
    tally.addViolation({
      atMs: deadlineMs,
      what: 'the client did not give up',
      bound: `exit ${EXIT.lostTooLong} ${formatSeconds(withinMs)} after the last contact`,
      measured: 'not at all',
    });
  });
}

/** The longest that the last attempt in a window, and the exit, may take. */
function slackMs({ config }: RunFacts): number {
  const { connectTimeoutMs, supervisionTimeoutMs, requestTimeoutMs } = config.scooter;
  return connectTimeoutMs + 4 * (supervisionTimeoutMs + requestTimeoutMs) + LOGIN_MS + CANCEL_MS + EXIT_MS;
}

function checkAdapter(process: ProcessSpan, view: TraceView, { config }: RunFacts, tally: Tally): void {
  const { connectTimeoutMs, supervisionTimeoutMs, requestTimeoutMs, retryMaxMs } = config.scooter;
  const noticeMs =
    config.mqtt.sendIntervalMs + 4 * (supervisionTimeoutMs + requestTimeoutMs) + connectTimeoutMs;
  const withinMs = noticeMs + CANCEL_MS + retryMaxMs + OPEN_MS + EXIT_MS;
  const broken = new Spans(view.faultsNamed('adapter.down', 'adapter.mute'));
  for (const { beginMs, endMs } of view.faultsNamed('adapter.down', 'adapter.mute')) {
    const fromMs = Math.max(beginMs, process.beginMs);
    const deadlineMs = fromMs + withinMs;
    const isBroken = fromMs <= endMs && broken.endAt(fromMs) > deadlineMs;
    if (!isBroken || process.endMs < fromMs || deadlineMs >= view.endMs) continue;
    tally.addDeadline({
      atMs: Math.min(process.endMs, deadlineMs),
      withinMs,
      tookMs: Number.isFinite(process.endMs) ? process.endMs - fromMs : undefined,
      what: 'the client did not exit although its adapter was unusable',
    });
  }
}
