import { linkParameters } from '../../client/scooter/link-parameters.ts';
import { RADIO_MODELS } from '../world/radio/radio-model.ts';
import { excusedSpans, POLL_EXCUSES } from './excuses.ts';
import { EXIT } from './exit-codes.ts';
import type { Excuse, Excuses, Rule, RunFacts } from './guarantee.ts';
import { nextCycle } from './polling.ts';
import { reachableSpans } from './reachable.ts';
import { RELINK_EXCUSES } from './relink-excuses.ts';
import { formatSeconds, type Tally } from './tally.ts';
import type { TraceView } from './trace-view.ts';
import { CYCLE_BLOCKS } from './view/blocks.ts';
import { countBetween, firstAfter, lastUntil } from './view/search.ts';
import { Spans, type Span } from './view/span.ts';

/** The longest from the first advertisement to the next sample, besides what the scooter takes (docs/client.md). */
const REACTION_MS = 2_000;
/** The longest interval between two advertisements of the virtual scooter. */
const ADVERTISING_INTERVAL_MS = 110;
/**
 * Number of connection events that the virtual scooter takes from the connection to the first sample: discovery,
 * subscriptions, login, and the replies of one poll.
 */
const SETUP_EVENTS = 64;
/** Time without a sign of the scooter after which it was absent, with a margin. */
const ABSENCE_MS = 3_000;

/** Time that a client takes for the last deliveries after it has given up the scooter, with a margin. */
const GIVING_UP_MS = 35_000;

/** Until a connection to the impostor, or an attempt to connect to it, has ended. */
const untilImpostorNoticed: Excuse = {
  about: 'while active, and supervision_timeout + scooter.connect_timeout longer',
  until: ({ endMs }, { facts }) => {
    const { supervisionTimeoutMs, connectTimeoutMs } = facts.config.scooter;
    return endMs + supervisionTimeoutMs + connectTimeoutMs;
  },
};

/** The faults of the scooter and the adapter. */
export const RETURN_EXCUSES: Excuses = {
  ...POLL_EXCUSES,
  ...RELINK_EXCUSES,
  'scooter.impostor': untilImpostorNoticed,
};

/** {@link ownTimeMs} as a formula. */
export const OWN_TIME =
  `${formatSeconds(ADVERTISING_INTERVAL_MS)} + ${SETUP_EVENTS} connection intervals; in a realistic radio ` +
  `${CYCLE_BLOCKS.length} × ${formatSeconds(RADIO_MODELS.realistic.maxReplyMs)} more; ` +
  'with the quirk `unused-key`, whose requests in XORed frames are not answered, supervision_timeout + request_timeout more';

export const RETURN_RULES: readonly Rule[] = [
  {
    checks: `Time from the first advertisement, after an absence of at least ${formatSeconds(ABSENCE_MS)}, to the end of the next poll`,
    bound: `${formatSeconds(REACTION_MS)} + ${OWN_TIME}`,
    excuses: [RETURN_EXCUSES],
  },
  {
    checks:
      'Time from retry_min after the loss of a link with polls, or from the first advertisement if that is later, to the end of the next poll',
    bound: `${formatSeconds(REACTION_MS)} + ${OWN_TIME}; not checked if retry_min + scooter.connect_timeout is less than ${formatSeconds(ABSENCE_MS)}`,
    excuses: [RETURN_EXCUSES],
  },
];

/** The longest that the virtual scooter itself takes from its first advertisement to the first sample. */
export function ownTimeMs({
  config,
  radio,
  scooter,
}: Pick<RunFacts, 'config' | 'radio' | 'scooter'>): number {
  const { supervisionTimeoutMs, requestTimeoutMs } = config.scooter;
  const isProbed = scooter.quirks?.includes('unused-key') === true;
  return (
    (isProbed ? supervisionTimeoutMs + requestTimeoutMs : 0) +
    ADVERTISING_INTERVAL_MS +
    SETUP_EVENTS * linkParameters(config.scooter).maxIntervalMs +
    CYCLE_BLOCKS.length * radio.maxReplyMs
  );
}

/**
 * Checks how soon the client reads a scooter that is reachable again, if nothing else is wrong: after an absence of any
 * length, and after the loss of a connection on which it was polled.
 */
export function checkReturns(view: TraceView, facts: RunFacts, tally: Tally): void {
  const withinMs = REACTION_MS + ownTimeMs(facts);
  const excused = excusedSpans(view, facts, RETURN_EXCUSES);
  const off = new Spans(view.scooterOff);
  const reachable = reachableSpans(view);
  for (const sinceMs of [...endsOfAbsences(view, reachable), ...endsOfPauses(view, reachable, facts)]) {
    const next = nextCycle(view, sinceMs);
    const overMs = Math.min(sinceMs + withinMs, next?.dueMs ?? Infinity);
    if (overMs > view.endMs || !view.runsThrough(sinceMs, overMs)) continue;
    if (excused.overlaps(sinceMs, overMs) || off.overlaps(sinceMs, overMs)) continue;
    if (isHindered(view, sinceMs, overMs) || isGivingUp(view, sinceMs)) continue;
    tally.addDeadline({
      atMs: overMs,
      withinMs,
      tookMs: next ? next.dueMs - sinceMs : undefined,
      what: 'no telemetry in time after the first advertisement of a scooter that has returned',
    });
  }
}

/** Whether the scooter itself delays the first sample; the bound after a lost link applies to it. */
export function isHindered(
  { preventedLoginsMs, withheldReadsMs }: TraceView,
  sinceMs: number,
  overMs: number,
): boolean {
  return [preventedLoginsMs, withheldReadsMs].some((timesMs) => countBetween(timesMs, sinceMs, overMs) > 0);
}

/** Whether the client has given up the scooter before, and only waits for the last deliveries; L3 and L4 check when. */
export function isGivingUp(view: TraceView, ms: number): boolean {
  const { end, endMs = Infinity } = view.processAt(ms) ?? {};
  const hasGivenUp = end?.code === EXIT.notFound || end?.code === EXIT.lostTooLong;
  return hasGivenUp && endMs - ms <= GIVING_UP_MS;
}

/** When the scooter was reachable again after an absence; the client takes an impostor for it. */
function endsOfAbsences(view: TraceView, reachable: readonly Span[]): number[] {
  const impostors = view.faultsNamed('scooter.impostor');
  return reachable.flatMap(({ beginMs }, index) => {
    const linkedMs = lastUntil(view.links, beginMs, (link) => link.beginMs)?.endMs ?? -Infinity;
    const advertisedMs = reachable[index - 1]?.endMs ?? -Infinity;
    const imitatedMs = lastUntil(impostors, beginMs, (fault) => fault.beginMs)?.endMs ?? -Infinity;
    return beginMs - Math.max(linkedMs, advertisedMs, imitatedMs) >= ABSENCE_MS ? [beginMs] : [];
  });
}

/** When the first pause after the loss of a polled link was over, and the scooter reachable, without an absence. */
function endsOfPauses(view: TraceView, reachable: readonly Span[], { config }: RunFacts): number[] {
  const { links } = view;
  const { retryMinMs, connectTimeoutMs } = config.scooter;
  // The first attempt lasts until the scooter would count as absent.
  if (retryMinMs + connectTimeoutMs < ABSENCE_MS) return [];
  return links.flatMap(({ endMs, cycleCount }) => {
    const visibleMs = Math.max(
      firstAfter(reachable, endMs, (span) => span.endMs)?.beginMs ?? Infinity,
      endMs,
    );
    const sinceMs = Math.max(visibleMs, endMs + retryMinMs);
    // A new process, or a client that has heard the scooter again, may have read it earlier.
    const isRead = (nextCycle(view, endMs)?.dueMs ?? Infinity) <= sinceMs;
    return cycleCount > 0 && visibleMs < endMs + ABSENCE_MS && !isRead ? [sinceMs] : [];
  });
}
