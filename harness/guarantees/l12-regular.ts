import { CLIENT_EXCUSES, excusedSpans } from './excuses.ts';
import type { Guarantee, RunFacts } from './guarantee.ts';
import { isGivingUp, isHindered, OWN_TIME, ownTimeMs, RETURN_EXCUSES } from './l2-return.ts';
import { reachableSpans } from './reachable.ts';
import { formatSeconds, Tally } from './tally.ts';
import type { TraceView } from './trace-view.ts';
import { CYCLE_BLOCKS } from './view/blocks.ts';
import { repliesInTime, type PollCycle } from './view/poll-cycles.ts';
import { firstAfter } from './view/search.ts';
import type { Spans } from './view/span.ts';

/** Time by which a poll may be early or late: replies come with connection events. */
const TOLERANCE_MS = 250;
/** Time by which polls differ more, if the scooter takes 60 to 90 ms for each reply. */
const SLOW_REPLIES_MS = 250;
/** With a shorter interval, a poll may take longer than the time until the next one. */
const MIN_INTERVAL_MS = 1_000;
/** The longest from the start of a process, or the first advertisement, to the connection. */
const START_MS = 1_500;

export const l12: Guarantee = {
  title:
    'An undisturbed client reads the scooter soon after its start, and then at each interval, without drift',
  rules: [
    {
      checks: `End of the n-th poll after an undisturbed one on the same link that the same blocks answered, if send_interval is at least ${formatSeconds(MIN_INTERVAL_MS)}`,
      bound: `n × send_interval ± ${formatSeconds(TOLERANCE_MS)} after that one, ± ${formatSeconds(TOLERANCE_MS + SLOW_REPLIES_MS)} with the quirk slow-replies`,
      excuses: [RETURN_EXCUSES],
    },
    {
      checks:
        'Time from the start of a process, or the first advertisement after it, to the end of the first poll',
      bound: `${formatSeconds(START_MS)} + ${OWN_TIME}`,
      excuses: [RETURN_EXCUSES, CLIENT_EXCUSES],
    },
  ],
  blindSpots: [
    'Drift over more than one link, or across a disturbance: the count starts again at the next undisturbed poll.',
    'Delays by the load of a real Pi: in the world, computing takes no time.',
    'A scooter whose quirks prevent a login or leave a read unanswered, in that time.',
  ],
  check(view, facts) {
    const tally = new Tally();
    const excused = excusedSpans(view, facts, RETURN_EXCUSES);
    checkIntervals(view, facts, excused, tally);
    checkStarts(view, facts, excused, tally);
    return tally.result;
  },
};

/** Polls of a link are at whole multiples of the interval after the first one that nothing has disturbed. */
function checkIntervals(view: TraceView, facts: RunFacts, excused: Spans, tally: Tally): void {
  const { sendIntervalMs } = facts.config.mqtt;
  // A block that is not answered delays the poll by the time of two requests.
  const historyMs = Math.max(sendIntervalMs, 2 * facts.config.scooter.requestTimeoutMs);
  const hasSlowReplies = facts.scooter.quirks?.includes('slow-replies') === true;
  const toleranceMs = TOLERANCE_MS + (hasSlowReplies ? SLOW_REPLIES_MS : 0);
  if (sendIntervalMs < MIN_INTERVAL_MS) return;
  /** The first undisturbed poll with each set of blocks, and its number: a poll of more blocks ends later. */
  const firsts = new Map<string, { readonly cycle: PollCycle; readonly index: number }>();
  for (const [index, cycle] of view.cycles.entries()) {
    const { dueMs, link } = cycle;
    const fromMs = dueMs - historyMs;
    const isDisturbed = excused.overlaps(fromMs, dueMs) || isHindered(view, fromMs, dueMs);
    if (isDisturbed || view.cycles[index - 1]?.link !== link) firsts.clear();
    if (isDisturbed) continue;
    const blocks = CYCLE_BLOCKS.filter((name) => repliesInTime(cycle, name).length > 0).join();
    const first = firsts.get(blocks);
    if (!first) {
      firsts.set(blocks, { cycle, index });
      continue;
    }
    const count = index - first.index;
    const tookMs = dueMs - first.cycle.dueMs;
    const lateMs = tookMs - count * sendIntervalMs;
    tally.addMeasurement({
      share: Math.abs(lateMs) / toleranceMs,
      atMs: dueMs,
      what: `poll ${count} after an undisturbed one is ${lateMs > 0 ? 'late' : 'early'}`,
      bound: `${formatSeconds(count * sendIntervalMs)} ± ${formatSeconds(toleranceMs)}`,
      measured: formatSeconds(tookMs),
    });
    if (Math.abs(lateMs) > toleranceMs) firsts.clear();
  }
}

/** A process that starts while the scooter is reachable reads it soon. */
function checkStarts(view: TraceView, facts: RunFacts, excused: Spans, tally: Tally): void {
  const reachable = reachableSpans(view);
  const stopped = excusedSpans(view, facts, CLIENT_EXCUSES);
  const withinMs = START_MS + ownTimeMs(facts);
  for (const process of view.processes) {
    const found = reachable.find(({ endMs }) => endMs > process.beginMs);
    if (!found) continue;
    const sinceMs = Math.max(process.beginMs, found.beginMs);
    const next = firstAfter(view.cycles, sinceMs, ({ dueMs }) => dueMs);
    const overMs = Math.min(sinceMs + withinMs, next?.dueMs ?? Infinity);
    if (overMs > view.endMs || !view.runsThrough(sinceMs, overMs)) continue;
    if (excused.overlaps(sinceMs, overMs) || stopped.overlaps(sinceMs, overMs)) continue;
    if (isHindered(view, sinceMs, overMs) || isGivingUp(view, sinceMs)) continue;
    tally.addDeadline({
      atMs: overMs,
      withinMs,
      tookMs: next ? next.dueMs - sinceMs : undefined,
      what: 'no telemetry in time after the start of a process with the scooter reachable',
    });
  }
}
