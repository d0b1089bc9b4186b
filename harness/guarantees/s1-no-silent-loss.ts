import { DELIVERY_BOUND, dueSamples, drainingSpans } from './drain.ts';
import { DROP_RULES, isDropUnreported, MAX_STORE_DELAY_MS, unjustifiedDrop } from './dropping.ts';
import { DELIVERY_EXCUSES, DISK_EXCUSES, excusedSpans } from './excuses.ts';
import { untilDropsReported } from './forbidden-topics.ts';
import type { Excuses, Guarantee, Rule, RunFacts } from './guarantee.ts';
import { checkRefusals, REFUSAL_RULES } from './refusals.ts';
import { checkPolls, POLL_RULES } from './s1-polls.ts';
import { rangeName, toRanges, sampleName, rangeSize } from './sample-names.ts';
import { formatCount, formatSeconds, Tally } from './tally.ts';
import type { TraceView } from './trace-view.ts';
import type { SampleId } from '../world/trace/sample-id.ts';
import type { Delivery } from './view/deliveries.ts';
import { firstAfter } from './view/search.ts';

/** Without one of its topics, dropped samples are not reported, or not all of them. */
const ANNOUNCEMENT_EXCUSES: Excuses = { 'broker.forbid': untilDropsReported };

const RULES: readonly Rule[] = [
  ...POLL_RULES,
  {
    checks: 'Time from the delivery of a sample until it is stored, if sync_interval is 0',
    bound: formatSeconds(MAX_STORE_DELAY_MS),
    excuses: [DISK_EXCUSES],
  },
  {
    checks: 'A sequence number that is missing below a delivered one, once a health report has come since',
    bound: 'reported as dropped',
    excuses: [ANNOUNCEMENT_EXCUSES],
  },
  ...DROP_RULES,
  ...REFUSAL_RULES,
  {
    checks: 'A stored sample that is neither delivered nor reported as dropped at the end of the run',
    bound: `none that was due: ${DELIVERY_BOUND}; or max_count others were stored after it, and there was no health report since`,
    excuses: [DELIVERY_EXCUSES],
  },
];

export const s1: Guarantee = {
  title: 'Every poll yields a sample, and every lost sample is reported',
  rules: RULES,
  blindSpots: [
    'Polls that the client does not make: L1, L2 and L12 check those.',
    'What a sample contains: S4 checks that.',
    'A poll without a sample whose replies may be those to requests of the poll before, which the scooter or the radio has delayed.',
    'A drop whose reason is possible but not the true one. Samples that were delivered long ago count as others in the outbox, so in a long run nearly every drop by count or bytes is accepted. So is every drop of a sample that was never stored by age, and with when_full = "drop-oldest" by count or bytes.',
    'Samples of an excused poll that were neither stored nor followed by a delivered one: their sequence numbers are not known.',
    'By which limits a sample was dropped, if the owner changed them while it waited: those of any process of that time excuse it.',
    'With a sync_interval, to which poll a sample belongs that was reported as dropped before it was stored: any between the one before and the one after it.',
    'A sample that could not be stored because the outbox may have been full, with when_full = "drop-newest".',
  ],
  check(view, facts) {
    const tally = new Tally();
    checkPolls(view, facts, tally);
    checkDeliveries(view, facts, tally);
    checkMissing(view, facts, tally);
    checkDropReports(view, facts, tally);
    checkRefusals(view, facts, tally);
    checkEnd(view, facts, tally);
    return tally.result;
  },
};

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
function checkMissing(view: TraceView, facts: RunFacts, tally: Tally): void {
  const { deliveries, dropReports } = view;
  const excused = excusedSpans(view, facts, ANNOUNCEMENT_EXCUSES);
  const reportsMs = dropReports.reportsMs.filter((ms) => !excused.overlaps(ms, ms));
  for (const ofBoot of byBoot(deliveries.first)) {
    let lastSeq = 0;
    for (const { bootId, seq, atMs } of ofBoot.toSorted((a, b) => a.seq - b.seq)) {
      const missing = idsBetween(bootId, lastSeq, seq).filter((id) => !dropReports.of(id));
      lastSeq = seq;
      const hadTime = firstAfter(reportsMs, atMs, (ms) => ms) !== undefined;
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
  const lost = due.filter(
    ({ sample }) => sample.deliveredMs === Infinity && !isDropUnreported(sample, view, facts),
  );
  for (const range of toRanges(lost.map(({ sample }) => sample))) {
    tally.addViolation({
      atMs: view.endMs,
      what: `${rangeName(range)} not delivered, although there was time`,
      bound: 'every stored sample delivered',
      measured: `${formatCount(rangeSize(range), 'sample')} missing`,
    });
  }
}
