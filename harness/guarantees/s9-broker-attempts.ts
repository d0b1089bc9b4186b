import { addPauseProblem, PauseChecker, type CheckedPause, type Pause } from './pause-checker.ts';
import { BROKER_DELAY_EXCUSES, excusedSpans, whileActive } from './excuses.ts';
import type { Excuses, Rule, RunFacts } from './guarantee.ts';
import { LAST_PAUSE, retriedUntilMs } from './shutdown.ts';
import { formatSeconds, type Tally } from './tally.ts';
import type { TraceView } from './trace-view.ts';
import { isOtherVersion, isVersionRefusal, type BrokerAttempt, type Connection } from './view/connections.ts';
import type { ProcessSpan } from './view/processes.ts';
import { countUntil, firstAfter } from './view/search.ts';
import { perView } from './view/per-view.ts';
import { Spans } from './view/span.ts';

/** Time after which a connection to the broker counts as stable (docs/topics.md). */
const STABLE_MS = 30_000;
/** Time in which the client has made sure that no sample makes the broker close a connection. */
const CLEARED_MS = 65_000;
/** Timers truncate fractions of a millisecond. */
const ROUNDING_MS = 200;
/** Less than the resolution of the clock: an attempt may succeed at once. */
const JUST_BEFORE_MS = 1e-3;
/** Over a slow network, ends and refusals are noticed late, and a connection may be closed for want of acknowledgements. */
const LAG: Excuses = { 'broker.lag': BROKER_DELAY_EXCUSES['broker.lag'] ?? whileActive };
/** Return codes of CONNACK about client identifier and credentials: MQTT 3.1.1, section 3.2.2.3. */
const CREDENTIALS_CODES: readonly (number | undefined)[] = [2, 4, 5];

export const BROKER_ATTEMPTS_RULE: Rule = {
  checks: 'Pause between two attempts of a process to connect to the broker',
  bound:
    'random from reconnect_min to a cap, which doubles from reconnect_min up to reconnect_max, and is reconnect_min again ' +
    `after a connection of at least ${formatSeconds(STABLE_MS)}; reconnect_max after a refusal of the client identifier or the credentials, and possibly after a refusal of both versions of MQTT; ${LAST_PAUSE}`,
  excuses: [LAG],
};

/** The pause after an attempt to connect to the broker, or after the connection that it has established. */
export interface BrokerPause extends CheckedPause {
  readonly attempt: BrokerAttempt;
  /** The latest time at which the pause may have begun; Infinity if nothing limits it. */
  readonly fromMs: number;
  /** Time of the next attempt, or until when the process certainly retried. */
  readonly toMs: number;
}

/** The pauses between the attempts of each process to connect to the broker. */
export const brokerPauses = perView((view, facts): readonly BrokerPause[] =>
  view.processes.flatMap((process) => pausesOf(process, view, facts)),
);

/** Checks the pauses between the attempts of each process to connect to the broker. */
export function checkBrokerAttempts(view: TraceView, facts: RunFacts, tally: Tally): void {
  for (const { toMs, problem } of brokerPauses(view, facts)) {
    if (toMs > view.endMs) continue;
    tally.countChecks();
    if (problem) addPauseProblem(tally, 'an attempt to connect to the broker', toMs, problem);
  }
}

function pausesOf(process: ProcessSpan, view: TraceView, facts: RunFacts): BrokerPause[] {
  const { reconnectMinMs, reconnectMaxMs } = facts.config.mqtt;
  const hidden = new Spans(view.faultsNamed('broker.blackhole'));
  const lagging = excusedSpans(view, facts, LAG);
  const checker = new PauseChecker({ minMs: reconnectMinMs, maxMs: reconnectMaxMs });
  const attempts = view.brokerAttempts.filter((attempt) => attempt.process === process);
  const overMs = Math.min(process.endMs, view.endMs);
  const retriedMs = Math.min(retriedUntilMs(process, view), overMs);
  let lostCount = 0;
  return attempts.map((attempt, index): BrokerPause => {
    const before = attempts[index - 1];
    const failed = before && connectionOf(before, attempt.atMs, view) ? undefined : before;
    const next = attempts[index + 1];
    const toMs = next?.atMs ?? Math.max(attempt.atMs, retriedMs);
    const untilMs = next?.atMs ?? overMs;
    const connection = connectionOf(attempt, untilMs, view);
    // What the broker sees over a slow network is late.
    const isLate = lagging.overlaps(attempt.atMs, untilMs);
    const seen = endOf(attempt, connection, hidden, facts);
    const end = isLate ? { earliestMs: attempt.atMs, latestMs: Infinity } : seen;
    const reset = resetBy({ attempt, next, connection, lostCount, view });
    const checked = checker.check({
      ...end,
      toMs,
      reset: isLate ? 'possible' : reset,
      mayBeCutShort: next === undefined,
      longest: longestAfter(attempt, connection, failed),
    });
    if (connection) lostCount += 1;
    return { attempt, fromMs: end.latestMs, toMs, ...checked };
  });
}

/** The connection that an attempt has established. */
function connectionOf(
  { atMs, process }: BrokerAttempt,
  toMs: number,
  { connections }: TraceView,
): Connection | undefined {
  const connection = connections[countUntil(connections, atMs, ({ beginMs }) => beginMs + JUST_BEFORE_MS)];
  return connection?.process === process && connection && connection.beginMs < toMs ? connection : undefined;
}

/** When an attempt, or the connection that it has established, may have ended. */
function endOf(
  { atMs, refusal }: BrokerAttempt,
  connection: Connection | undefined,
  hidden: Spans,
  { config }: RunFacts,
): Pick<Pause, 'earliestMs' | 'latestMs'> {
  if (connection) {
    const { beginMs, endMs } = connection;
    // Through a black hole, the broker does not see when the client closes the connection.
    if (hidden.overlaps(beginMs, endMs)) return { earliestMs: beginMs, latestMs: Infinity };
    return { earliestMs: endMs, latestMs: endMs };
  }
  const latestMs = refusal?.atMs ?? atMs + config.mqtt.connectTimeoutMs;
  return { earliestMs: atMs, latestMs };
}

interface ResetContext {
  readonly attempt: BrokerAttempt;
  readonly next: BrokerAttempt | undefined;
  readonly connection: Connection | undefined;
  /** Number of connections of the process that have ended before. */
  readonly lostCount: number;
  readonly view: TraceView;
}

function resetBy({ attempt, next, connection, lostCount, view }: ResetContext): Pause['reset'] {
  // A smaller offer is made at once.
  if (!connection) return next?.offer === attempt.offer ? 'none' : 'possible';
  const { beginMs, endMs } = connection;
  const heldMs = endMs - beginMs;
  if (heldMs < STABLE_MS - ROUNDING_MS) return 'none';
  // A sample that the client suspects has to be acknowledged before the connection counts as stable.
  const delivered = firstAfter(view.deliveries.first, beginMs, ({ atMs }) => atMs)?.atMs ?? Infinity;
  const isCleared = lostCount < 2 || (heldMs > CLEARED_MS && delivered < beginMs + STABLE_MS);
  return isCleared && heldMs > STABLE_MS + ROUNDING_MS ? 'certain' : 'possible';
}

/** @param failed the attempt before, if it has failed */
function longestAfter(
  attempt: BrokerAttempt,
  connection: Connection | undefined,
  failed: BrokerAttempt | undefined,
): Pause['longest'] {
  const { offer, refusal } = attempt;
  // A broker that refuses both versions will not accept one soon; it may have refused the other one by a close.
  const isBoth = failed !== undefined && isVersionRefusal(refusal) && isOtherVersion(failed, attempt);
  if (refusal && isBoth) return 'possible';
  if (refusal) return CREDENTIALS_CODES.includes(refusal.code) ? 'certain' : 'no';
  // A broker of MQTT 5 may have refused a message for a reason that concerns every message.
  return connection === undefined || offer.startsWith('MQTT 5') ? 'possible' : 'no';
}
