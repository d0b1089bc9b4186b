import { drainingSpans } from './drain.ts';
import { MAX_STORE_DELAY_MS, mayBeFull } from './dropping.ts';
import { BROKER_DELAY_EXCUSES, DISK_EXCUSES, RECEPTION_EXCUSES, excusedSpans } from './excuses.ts';
import type { Excuses, Rule, RunFacts } from './guarantee.ts';
import { sampleName } from './sample-names.ts';
import { formatSeconds, type Tally } from './tally.ts';
import type { TraceView } from './trace-view.ts';
import type { SampleId } from '../world/trace/sample-id.ts';
import type { PollCycle } from './view/poll-cycles.ts';
import type { Span } from './view/span.ts';

/** Time after which a connection has delivered what it began with. */
const SETTLE_MS = 10_000;
/** Time in which a sample is taken after its poll. */
const MAX_SAMPLE_DELAY_MS = 50;

/** A client that is stopped has received the replies before. */
const STOPPED_RECEPTION_EXCUSES: Excuses = Object.fromEntries(
  Object.entries(RECEPTION_EXCUSES).filter(([fault]) => fault !== 'client.term'),
);

const SAFE_BOUND = `${formatSeconds(MAX_STORE_DELAY_MS)} + sync_interval, and before the next poll, or if sooner, the exit of a client that ends by itself`;

/** What is checked of the samples of polls. */
export const POLL_RULES: readonly Rule[] = [
  {
    checks: 'Time from the last reply of a poll until its sample is stored or delivered',
    bound: SAFE_BOUND,
    excuses: [STOPPED_RECEPTION_EXCUSES, DISK_EXCUSES],
  },
  {
    checks: `The same during a disk fault, if the broker has taken every sample for ${formatSeconds(SETTLE_MS)}`,
    bound: SAFE_BOUND,
    excuses: [STOPPED_RECEPTION_EXCUSES, BROKER_DELAY_EXCUSES],
  },
  {
    checks: 'Samples that belong to no poll',
    bound: 'none',
    excuses: [RECEPTION_EXCUSES, DISK_EXCUSES],
  },
];

/** A sample, and when it was stored or delivered, whichever came first. */
interface SafeSample extends SampleId {
  readonly safeMs: number;
}

/**
 * Each poll cycle yields one sample, which is safe within the time limit: on disk, or with the broker. Samples become safe
 * in the order of the polls; what is left over has to belong to polls from which none is demanded.
 */
export function checkPolls(view: TraceView, facts: RunFacts, tally: Tally): void {
  const deadlineOf = pollDeadlines(view, facts);
  const samples = safeSamples(view);
  const others: SafeSample[] = [];
  const otherPollsMs: number[] = [];
  let next = 0;
  view.cycles.forEach((cycle, index) => {
    const { dueMs } = cycle;
    const overMs = deadlineOf(cycle, index);
    if (overMs === undefined) {
      otherPollsMs.push(dueMs);
      return;
    }
    for (let sample = samples[next]; sample && sample.safeMs < dueMs; sample = samples[++next])
      others.push(sample);
    const sample = samples[next];
    const isInTime = sample !== undefined && sample.safeMs <= overMs;
    if (isInTime) next += 1;
    else if (mayBeFull(view, facts, dueMs)) return;
    tally.addDeadline({
      atMs: dueMs,
      withinMs: overMs - dueMs,
      tookMs: isInTime ? sample.safeMs - dueMs : undefined,
      what: 'a poll yielded no sample',
    });
  });
  checkOthers([...others, ...samples.slice(next)], otherPollsMs, view, facts, tally);
}

/**
 * Deadlines by which the samples of polls are safe; undefined for a poll from which none is demanded. A client that ends by
 * itself makes its last samples safe first.
 */
function pollDeadlines(
  view: TraceView,
  facts: RunFacts,
): (cycle: PollCycle, index: number) => number | undefined {
  const { syncIntervalMs } = facts.config.outbox;
  const delayMs = MAX_STORE_DELAY_MS + syncIntervalMs;
  const unreceived = excusedSpans(view, facts, STOPPED_RECEPTION_EXCUSES);
  const diskFaults = excusedSpans(view, facts, DISK_EXCUSES);
  // A disk fault excuses nothing while the broker takes samples.
  const draining = drainingSpans(view, facts, BROKER_DELAY_EXCUSES);
  const stopsMs = view.faultsNamed('client.term').map(({ beginMs }) => beginMs);
  return ({ dueMs, link }, index) => {
    const process = view.processAt(dueMs);
    if (!process || link.endMs <= dueMs) return undefined;
    const nextPollMs = syncIntervalMs > 0 ? Infinity : (view.cycles[index + 1]?.dueMs ?? Infinity);
    let overMs = Math.min(dueMs + delayMs, nextPollMs);
    if (process.endMs <= overMs) {
      const stopMs = stopsMs.find((ms) => ms > dueMs - MAX_SAMPLE_DELAY_MS && ms <= process.endMs);
      const isTaken = dueMs + MAX_SAMPLE_DELAY_MS <= (stopMs ?? process.endMs);
      if (process.end?.how !== 'exit' || !isTaken) return undefined;
      overMs = process.endMs;
    }
    const fromMs = dueMs - MAX_STORE_DELAY_MS;
    const isExcused =
      unreceived.overlaps(fromMs, overMs) ||
      (diskFaults.overlaps(fromMs, overMs) && !isDelivering(draining, view, fromMs, overMs));
    return isExcused || overMs > view.endMs ? undefined : overMs;
  };
}

/** @param pollsMs the polls from which no sample is demanded, each of which may have yielded one */
function checkOthers(
  samples: readonly SafeSample[],
  pollsMs: readonly number[],
  view: TraceView,
  facts: RunFacts,
  tally: Tally,
): void {
  const excused = [RECEPTION_EXCUSES, DISK_EXCUSES].map((excuses) => excusedSpans(view, facts, excuses));
  const delayMs = MAX_STORE_DELAY_MS + facts.config.outbox.syncIntervalMs;
  let next = 0;
  for (const sample of samples) {
    const { safeMs } = sample;
    while ((pollsMs[next] ?? Infinity) < safeMs - delayMs) next += 1;
    if ((pollsMs[next] ?? Infinity) <= safeMs) {
      next += 1;
      continue;
    }
    if (excused.some((spans) => spans.overlaps(safeMs - delayMs, safeMs))) continue;
    tally.addViolation({
      atMs: safeMs,
      what: `${sampleName(sample)} was stored without a poll`,
      bound: 'one sample for each poll',
      measured: 'one more',
    });
  }
}

/** In the order in which they became safe. */
function safeSamples(view: TraceView): readonly SafeSample[] {
  const stored = view.samples.map(({ bootId, seq, storedMs, deliveredMs }): SafeSample => ({
    bootId,
    seq,
    safeMs: Math.min(storedMs, deliveredMs),
  }));
  const unstored = view.deliveries.first
    .filter((delivery) => !view.sampleOf(delivery))
    .map(({ bootId, seq, atMs }): SafeSample => ({ bootId, seq, safeMs: atMs }));
  return [...stored, ...unstored].sort((a, b) => a.safeMs - b.safeMs);
}

/** Whether the broker took samples during a span, and no older ones were waiting for it. */
function isDelivering(draining: readonly Span[], view: TraceView, fromMs: number, toMs: number): boolean {
  const { samples, deliveries, cycles } = view;
  const isOpen = draining.some(({ beginMs, endMs }) => beginMs + SETTLE_MS <= fromMs && endMs >= toMs);
  if (!isOpen || samples.some(({ storedMs, deliveredMs }) => storedMs < fromMs && deliveredMs > fromMs)) {
    return false;
  }
  const within = (ms: number): boolean => ms > fromMs - SETTLE_MS && ms <= fromMs;
  const delivered = deliveries.first.filter(({ atMs }) => within(atMs)).length;
  return delivered <= cycles.filter(({ dueMs }) => within(dueMs)).length + 1;
}
