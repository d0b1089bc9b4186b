import { drainingSpans } from './drain.ts';
import { MAX_STORE_DELAY_MS } from './dropping.ts';
import { BROKER_DELAY_EXCUSES, DISK_EXCUSES, RECEPTION_EXCUSES, excusedSpans } from './excuses.ts';
import { fullOutbox } from './full-outbox.ts';
import type { Excuses, Rule, RunFacts } from './guarantee.ts';
import { assignSamples, type SampleWindow } from './poll-samples.ts';
import { safeSamples, type SafeSample } from './safe-samples.ts';
import { untilSentAgain } from './sent-again.ts';
import { sampleName } from './sample-names.ts';
import { formatSeconds, type Tally } from './tally.ts';
import type { TraceView } from './trace-view.ts';
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

/** The broker takes samples slowly, or not at all, or the client does not send them. */
const TAKING_EXCUSES: Excuses = {
  ...BROKER_DELAY_EXCUSES,
  'broker.poison': untilSentAgain,
  'broker.kick': untilSentAgain,
  'broker.push': untilSentAgain,
  'broker.flap': untilSentAgain,
};

const SAFE_BOUND = `${formatSeconds(MAX_STORE_DELAY_MS)} + sync_interval, and before the next poll, or if sooner, the exit of a client that ends by itself`;

/** What is checked of the samples of polls. */
export const POLL_RULES: readonly Rule[] = [
  {
    checks:
      'Time from the last reply of a poll until its sample is stored or delivered, unless there is a sync_interval and it is reported as dropped before',
    bound: SAFE_BOUND,
    excuses: [STOPPED_RECEPTION_EXCUSES, DISK_EXCUSES],
  },
  {
    checks: `The same during a disk fault, if the broker has taken every sample for ${formatSeconds(SETTLE_MS)}`,
    bound: SAFE_BOUND,
    excuses: [STOPPED_RECEPTION_EXCUSES, TAKING_EXCUSES],
  },
  {
    checks: 'Samples that belong to no poll',
    bound: 'none',
    excuses: [RECEPTION_EXCUSES, DISK_EXCUSES],
  },
];

/**
 * Each poll cycle yields one sample, which is safe within the time limit: on disk, or with the broker. With a sync_interval,
 * limits may drop it before; then it is reported.
 */
export function checkPolls(view: TraceView, facts: RunFacts, tally: Tally): void {
  const deadlineOf = pollDeadlines(view, facts);
  const isFull = fullOutbox(view, facts);
  const delayMs = MAX_STORE_DELAY_MS + facts.config.outbox.syncIntervalMs;
  const windows = view.cycles.map((cycle, index): SampleWindow => {
    const { dueMs } = cycle;
    const overMs = isFull(dueMs) ? undefined : deadlineOf(cycle, index);
    return { fromMs: dueMs, toMs: overMs ?? dueMs + delayMs, isDemanded: overMs !== undefined };
  });
  const samples = safeSamples(view, facts);
  const { ofPolls, others } = assignSamples(windows, samples);
  windows.forEach(({ fromMs, toMs, isDemanded }, index) => {
    if (!isDemanded) return;
    const sample = samples[ofPolls[index] ?? -1];
    if (sample?.isDropped) return;
    tally.addDeadline({
      atMs: fromMs,
      withinMs: toMs - fromMs,
      tookMs: sample === undefined ? undefined : sample.endMs - fromMs,
      what: 'a poll yielded no sample',
    });
  });
  checkOthers(
    others.flatMap((index) => samples[index] ?? []),
    view,
    facts,
    tally,
  );
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
  const draining = drainingSpans(view, facts, TAKING_EXCUSES);
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

/** Samples without a poll. */
function checkOthers(samples: readonly SafeSample[], view: TraceView, facts: RunFacts, tally: Tally): void {
  const excused = [RECEPTION_EXCUSES, DISK_EXCUSES].map((excuses) => excusedSpans(view, facts, excuses));
  const delayMs = MAX_STORE_DELAY_MS + facts.config.outbox.syncIntervalMs;
  for (const sample of samples) {
    if (sample.isDropped) continue;
    const safeMs = sample.endMs;
    if (excused.some((spans) => spans.overlaps(safeMs - delayMs, safeMs))) continue;
    tally.addViolation({
      atMs: safeMs,
      what: `${sampleName(sample)} was stored without a poll`,
      bound: 'one sample for each poll',
      measured: 'one more',
    });
  }
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
