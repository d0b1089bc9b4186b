import { DELIVERY_BOUND, dueSamples, drainingSpans } from './drain.ts';
import { DROP_RULES, mayBeFull, unjustifiedDrop } from './dropping.ts';
import {
  BROKER_DELAY_EXCUSES,
  DELIVERY_EXCUSES,
  DISK_EXCUSES,
  RECEPTION_EXCUSES,
  excusedSpans,
} from './excuses.ts';
import type { Guarantee, Rule, RunFacts } from './guarantee.ts';
import { rangeName, toRanges, sampleName, rangeSize } from './sample-names.ts';
import { formatCount, formatSeconds, Tally } from './tally.ts';
import type { TraceView } from './trace-view.ts';
import type { SampleId } from '../world/trace/sample-id.ts';
import type { Delivery } from './view/deliveries.ts';
import { firstAfter } from './view/search.ts';
import type { Span } from './view/span.ts';

/** Time in which a sample is stored after its poll cycle. */
const MAX_STORE_DELAY_MS = 1_000;
/** Time after which a connection has delivered what it began with. */
const SETTLE_MS = 10_000;

const SAFE_BOUND = `${formatSeconds(MAX_STORE_DELAY_MS)} + sync_interval, and before the next poll`;

const RULES: readonly Rule[] = [
  {
    checks: 'Time from the last reply of a poll until its sample is stored or delivered',
    bound: SAFE_BOUND,
    excuses: [RECEPTION_EXCUSES, DISK_EXCUSES],
  },
  {
    checks: `The same during a disk fault, if the broker has taken every sample for ${formatSeconds(SETTLE_MS)}`,
    bound: SAFE_BOUND,
    excuses: [RECEPTION_EXCUSES, BROKER_DELAY_EXCUSES],
  },
  {
    checks: 'Samples that belong to no poll',
    bound: 'none',
    excuses: [RECEPTION_EXCUSES, DISK_EXCUSES],
  },
  {
    checks: 'Time from the delivery of a sample until it is stored, if sync_interval is 0',
    bound: formatSeconds(MAX_STORE_DELAY_MS),
    excuses: [DISK_EXCUSES],
  },
  {
    checks: 'A sequence number that is missing below a delivered one, once a health report has come since',
    bound: 'reported as dropped',
    excuses: [],
  },
  ...DROP_RULES,
  {
    checks: 'A stored sample that is neither delivered nor reported as dropped at the end of the run',
    bound: `none that was due: ${DELIVERY_BOUND}`,
    excuses: [DELIVERY_EXCUSES],
  },
];

export const s1: Guarantee = {
  title: 'Every poll yields a sample, and every lost sample is reported',
  rules: RULES,
  blindSpots: [
    'Polls that the client does not make: L1, L2 and L12 check those.',
    'What a sample contains: S4 checks that.',
    'A drop whose reason is possible but not the true one. Samples that were delivered long ago count as others in the outbox, so in a long run nearly every drop by count or bytes is accepted. So is every drop of a sample that was never stored by age, and with when_full = "drop-oldest" by count or bytes.',
    'Samples of an excused poll that were neither stored nor followed by a delivered one: their sequence numbers are not known.',
    'A sample that could not be stored because the outbox may have been full, with when_full = "drop-newest".',
  ],
  check(view, facts) {
    const tally = new Tally();
    checkPolls(view, facts, tally);
    checkDeliveries(view, facts, tally);
    checkMissing(view, tally);
    checkDropReports(view, facts, tally);
    checkEnd(view, facts, tally);
    return tally.result;
  },
};

/** A sample, and when it was stored or delivered, whichever came first. */
interface SafeSample extends SampleId {
  readonly safeMs: number;
}

/** Each poll cycle yields one sample, which is safe within the time limit: on disk, or with the broker. */
function checkPolls(view: TraceView, facts: RunFacts, tally: Tally): void {
  const unreceived = excusedSpans(view, facts, RECEPTION_EXCUSES);
  const diskFaults = excusedSpans(view, facts, DISK_EXCUSES);
  // A disk fault excuses nothing while the broker takes samples.
  const draining = drainingSpans(view, facts, BROKER_DELAY_EXCUSES);
  const { cycles } = view;
  const delayMs = MAX_STORE_DELAY_MS + facts.config.outbox.syncIntervalMs;
  const samples = safeSamples(view);
  const isExcused = (fromMs: number, toMs: number): boolean =>
    unreceived.overlaps(fromMs, toMs) ||
    (diskFaults.overlaps(fromMs, toMs) && !isDelivering(draining, view, fromMs, toMs));
  let next = 0;
  const checkUnexpected = (untilMs: number): void => {
    for (let sample = samples[next]; sample && sample.safeMs < untilMs; sample = samples[++next]) {
      if (unreceived.overlaps(sample.safeMs - MAX_STORE_DELAY_MS, sample.safeMs)) continue;
      if (diskFaults.overlaps(sample.safeMs - MAX_STORE_DELAY_MS, sample.safeMs)) continue;
      tally.addViolation({
        atMs: sample.safeMs,
        what: `${sampleName(sample)} was stored without a poll`,
        bound: 'one sample for each poll',
        measured: 'one more',
      });
    }
  };
  cycles.forEach(({ dueMs, link }, index) => {
    checkUnexpected(dueMs);
    const overMs = Math.min(dueMs + delayMs, cycles[index + 1]?.dueMs ?? Infinity);
    const sample = samples[next];
    const tookMs = sample && sample.safeMs <= overMs ? sample.safeMs - dueMs : undefined;
    if (tookMs !== undefined) next += 1;
    const isUndisturbed =
      overMs <= view.endMs &&
      link.endMs > dueMs &&
      view.runsThrough(dueMs, overMs) &&
      !isExcused(dueMs - MAX_STORE_DELAY_MS, overMs);
    if (!isUndisturbed || (tookMs === undefined && mayBeFull(view, facts, dueMs))) return;
    tally.addDeadline({
      atMs: dueMs,
      withinMs: delayMs,
      tookMs,
      what: 'a poll yielded no sample',
    });
  });
  checkUnexpected(view.endMs);
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

/** Every published sample is stored before, or soon afterwards, unless the disk may be spared. */
function checkDeliveries(view: TraceView, facts: RunFacts, tally: Tally): void {
  if (facts.config.outbox.syncIntervalMs > 0) return;
  const excused = excusedSpans(view, facts, DISK_EXCUSES);
  for (const delivery of view.deliveries.first) {
    const { atMs } = delivery;
    if (excused.overlaps(atMs - MAX_STORE_DELAY_MS, atMs)) continue;
    tally.countChecks();
    const storedMs = view.sampleOf(delivery)?.storedMs;
    if (storedMs !== undefined && storedMs <= atMs + MAX_STORE_DELAY_MS) continue;
    tally.addViolation({
      atMs,
      what: `${sampleName(delivery)} was published, but not stored in time`,
      bound: `stored within ${formatSeconds(MAX_STORE_DELAY_MS)}`,
      measured: storedMs === undefined ? 'never stored' : 'stored later',
    });
  }
}

/** No sequence number is missing below a received one, unless the client has reported the sample as dropped. */
function checkMissing({ deliveries, dropReports }: TraceView, tally: Tally): void {
  for (const ofBoot of byBoot(deliveries.first)) {
    let lastSeq = 0;
    for (const { bootId, seq, atMs } of ofBoot.toSorted((a, b) => a.seq - b.seq)) {
      const missing = idsBetween(bootId, lastSeq, seq).filter((id) => !dropReports.of(id));
      lastSeq = seq;
      const hadTime = firstAfter(dropReports.reportsMs, atMs, (ms) => ms) !== undefined;
      if (!hadTime) continue;
      for (const range of toRanges(missing)) {
        tally.addViolation({
          atMs,
          what: `${rangeName(range)} not delivered and not reported as dropped`,
          bound: 'delivered or reported',
          measured: formatCount(rangeSize(range), 'sample'),
        });
      }
    }
  }
}

function byBoot(deliveries: readonly Delivery[]): Iterable<Delivery[]> {
  const boots = new Map<string, Delivery[]>();
  for (const delivery of deliveries) {
    const ofBoot = boots.get(delivery.bootId);
    if (ofBoot) ofBoot.push(delivery);
    else boots.set(delivery.bootId, [delivery]);
  }
  return boots.values();
}

function idsBetween(bootId: string, before: number, after: number): SampleId[] {
  return Array.from({ length: Math.max(0, after - before - 1) }, (_, index) => ({
    bootId,
    seq: before + 1 + index,
  }));
}

/** Every reported reason for a drop is plausible. */
function checkDropReports(view: TraceView, facts: RunFacts, tally: Tally): void {
  for (const report of view.dropReports.all) {
    tally.countChecks();
    const unjustified = unjustifiedDrop(report, view, facts);
    if (!unjustified) continue;
    tally.addViolation({
      atMs: report.atMs,
      what: `${rangeName(report)} dropped without a matching fault, reason "${report.reason}"`,
      ...unjustified,
    });
  }
}

/** At the end, the broker has received every sample for which there was time. */
function checkEnd(view: TraceView, facts: RunFacts, tally: Tally): void {
  const span = drainingSpans(view, facts).find(({ endMs }) => endMs >= view.endMs);
  if (!span) return;
  const due = dueSamples(span, view, facts);
  tally.countChecks(due.length);
  const lost = due.filter(({ sample }) => sample.deliveredMs === Infinity);
  for (const range of toRanges(lost.map(({ sample }) => sample))) {
    tally.addViolation({
      atMs: view.endMs,
      what: `${rangeName(range)} not delivered, although there was time`,
      bound: 'every stored sample delivered',
      measured: `${formatCount(rangeSize(range), 'sample')} missing`,
    });
  }
}
