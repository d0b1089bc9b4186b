import { EXIT } from '../../client/errors.ts';
import { SCOOTER_IN_TROUBLE, troubles, type Excuses } from './excuses.ts';
import type { Guarantee, Terms } from './guarantee.ts';
import { nextCycle } from './polling.ts';
import { Tally } from './tally.ts';
import type { TraceView } from './trace-view.ts';
import type { Link } from './view/links.ts';
import { countUntil } from './view/search.ts';
import { Spans } from './view/span.ts';

/** Out of reach for a while is what it is about. */
const ABSENCES = ['radio.gap', 'scooter.off', 'scooter.reboot'] as const;
const EXCUSES: Excuses = Object.fromEntries(
  Object.entries(SCOOTER_IN_TROUBLE).filter(([fault]) => !ABSENCES.some((absence) => absence === fault)),
);
/** What the client ends with where it is not going to come back. */
const FINAL_EXITS: readonly number[] = [EXIT.stopped, EXIT.tokenRefused, EXIT.configuration];

export const l2: Guarantee = {
  title: 'A lost link comes back by itself, as soon as the scooter does',
  check(view, terms) {
    const tally = new Tally();
    const absences = new Spans([...view.faultsNamed('radio.gap'), ...view.scooterOff]);
    const trouble = troubles(view, terms, EXCUSES);
    for (const link of view.links) judgeLoss(link, { view, terms, absences, trouble, tally });
    return tally.verdict;
  },
};

interface Scene {
  readonly view: TraceView;
  readonly terms: Terms;
  /** When the scooter could not be heard. */
  readonly absences: Spans;
  readonly trouble: Spans;
  readonly tally: Tally;
}

function judgeLoss(link: Link, { view, terms, absences, trouble, tally }: Scene): void {
  const lostMs = link.endMs;
  const life = link.life;
  const backMs = absences.overAt(lostMs);
  if (!life || life.endMs <= backMs) return;

  const withinMs = boundMs(link, backMs, view, terms);
  const next = nextCycle(view, lostMs);
  const overMs = Math.min(backMs + withinMs, next?.dueMs ?? Infinity);
  if (overMs > view.endMs || givesUp(link, backMs + withinMs, view, terms)) return;
  if (trouble.meets(lostMs, overMs) || absences.meets(backMs, overMs)) return;
  if (life.endMs <= overMs && FINAL_EXITS.includes(life.end?.code ?? NaN)) return;

  tally.deadline({
    atMs: overMs,
    withinMs,
    tookMs: next ? next.dueMs - backMs : undefined,
    what: 'no telemetry soon enough after a lost link, with the scooter in reach',
  });
}

/**
 * The scooter's return delay, one backoff step, and the deadlines of the connection, of the login and of the poll: each
 * step in a link may take the supervision timeout and one request timeout.
 */
function boundMs(
  { endMs, cycles }: Link,
  backMs: number,
  view: TraceView,
  { config, scooter }: Terms,
): number {
  const { retryMinMs, retryMaxMs, connectTimeoutMs, supervisionTimeoutMs, requestTimeoutMs } = config.scooter;
  const visibleMs = Math.max(backMs, endMs + scooter.returnDelayMs);
  const attempts = attemptsBetween(endMs, visibleMs, view);
  // The cap of the pause doubles with each attempt; without telemetry on the link it had doubled before.
  const stepMs = cycles > 0 ? Math.min(retryMaxMs, retryMinMs * 2 ** attempts) : retryMaxMs;
  const linkStepMs = supervisionTimeoutMs + requestTimeoutMs;
  return visibleMs - backMs + stepMs + connectTimeoutMs + 2 * linkStepMs;
}

function attemptsBetween(fromMs: number, toMs: number, { linkAttemptsMs }: TraceView): number {
  const until = (ms: number): number => countUntil(linkAttemptsMs, ms, (atMs) => atMs);
  return until(toMs) - until(fromMs);
}

/** Whether the reconnect window may end before. */
function givesUp({ life, endMs }: Link, byMs: number, { links }: TraceView, { config }: Terms): boolean {
  const polled = links.findLast((link) => link.life === life && link.cycles > 0 && link.endMs <= endMs);
  const sinceMs = polled?.endMs ?? life?.beginMs ?? -Infinity;
  return byMs >= sinceMs + config.scooter.reconnectWindowMs;
}
