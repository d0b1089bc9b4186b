import { dueSamples, drainingSpans } from './drain.ts';
import { mayBeFull, unjustifiedDrop } from './dropping.ts';
import { DISK_EXCUSES, RECEPTION_EXCUSES, excusedSpans } from './excuses.ts';
import type { Guarantee, RunFacts } from './guarantee.ts';
import { rangeName, toRanges, sampleName, rangeSize } from './sample-names.ts';
import { formatCount, Tally } from './tally.ts';
import type { TraceView } from './trace-view.ts';
import type { SampleId } from '../world/trace/sample-id.ts';
import type { Delivery } from './view/deliveries.ts';
import { firstAfter } from './view/search.ts';

/** Storing a sample takes no longer than this. */
const MAX_STORE_DELAY_MS = 1_000;

export const s1: Guarantee = {
  title: 'Every poll yields a sample, and none is lost in silence',
  check(view, facts) {
    const tally = new Tally();
    judgePolls(view, facts, tally);
    judgeDeliveries(view, facts, tally);
    judgeMissing(view, tally);
    judgeAnnouncements(view, facts, tally);
    judgeEnd(view, facts, tally);
    return tally.verdict;
  },
};

/** Each due cycle is stored at once, and nothing is stored but due cycles. */
function judgePolls(view: TraceView, facts: RunFacts, tally: Tally): void {
  const trouble = excusedSpans(view, facts, { ...RECEPTION_EXCUSES, ...DISK_EXCUSES });
  const { cycles, samples } = view;
  let next = 0;
  const judgeUnexpected = (untilMs: number): void => {
    for (let sample = samples[next]; sample && sample.storedMs < untilMs; sample = samples[++next]) {
      if (trouble.overlaps(sample.storedMs - MAX_STORE_DELAY_MS, sample.storedMs)) continue;
      tally.addViolation({
        atMs: sample.storedMs,
        what: `${sampleName(sample)} was stored though the scooter had said nothing new`,
        bound: 'one sample for each poll',
        measured: 'one more',
      });
    }
  };
  cycles.forEach(({ dueMs, link }, index) => {
    judgeUnexpected(dueMs);
    const overMs = Math.min(dueMs + MAX_STORE_DELAY_MS, cycles[index + 1]?.dueMs ?? Infinity);
    const sample = samples[next];
    const tookMs = sample && sample.storedMs <= overMs ? sample.storedMs - dueMs : undefined;
    if (tookMs !== undefined) next += 1;
    const isUndisturbed =
      overMs <= view.endMs &&
      link.endMs > dueMs &&
      view.livesThrough(dueMs, overMs) &&
      !trouble.overlaps(dueMs - MAX_STORE_DELAY_MS, overMs);
    if (!isUndisturbed || (tookMs === undefined && mayBeFull(view, facts, dueMs))) return;
    tally.addDeadline({
      atMs: dueMs,
      withinMs: MAX_STORE_DELAY_MS,
      tookMs,
      what: 'a poll yielded no sample',
    });
  });
  judgeUnexpected(view.endMs);
}

/** What is published was stored before. */
function judgeDeliveries(view: TraceView, facts: RunFacts, tally: Tally): void {
  const trouble = excusedSpans(view, facts, DISK_EXCUSES);
  for (const delivery of view.deliveries.first) {
    const { atMs } = delivery;
    if (trouble.overlaps(atMs - MAX_STORE_DELAY_MS, atMs)) continue;
    tally.countChecks();
    const takenMs = view.sampleOf(delivery)?.storedMs;
    if (takenMs !== undefined && takenMs <= atMs) continue;
    tally.addViolation({
      atMs,
      what: `${sampleName(delivery)} was published, but not stored before`,
      bound: 'stored first',
      measured: takenMs === undefined ? 'never stored' : 'stored later',
    });
  }
}

/** No number is missing below one that the broker has received, unless the client has said why. */
function judgeMissing({ deliveries, dropReports }: TraceView, tally: Tally): void {
  for (const ofBoot of byBoot(deliveries.first)) {
    let lastSeq = 0;
    for (const { bootId, seq, atMs } of ofBoot.toSorted((a, b) => a.seq - b.seq)) {
      const missing = idsBetween(bootId, lastSeq, seq).filter((id) => !dropReports.of(id));
      lastSeq = seq;
      const hadTime = firstAfter(dropReports.reportsMs, atMs, (ms) => ms) !== undefined;
      if (!hadTime) continue;
      for (const hole of toRanges(missing)) {
        tally.addViolation({
          atMs,
          what: `${rangeName(hole)} never came, and the client has not said why`,
          bound: 'no hole that is not announced',
          measured: formatCount(rangeSize(hole), 'sample'),
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

/** What the client has given up it may have given up, for the reason that it gave. */
function judgeAnnouncements(view: TraceView, facts: RunFacts, tally: Tally): void {
  for (const announcement of view.dropReports.all) {
    tally.countChecks();
    const unfit = unjustifiedDrop(announcement, view, facts);
    if (!unfit) continue;
    tally.addViolation({
      atMs: announcement.atMs,
      what: `${rangeName(announcement)} were given up, allegedly for "${announcement.reason}"`,
      ...unfit,
    });
  }
}

/** At the end the broker has everything that it had the time to receive. */
function judgeEnd(view: TraceView, facts: RunFacts, tally: Tally): void {
  const flow = drainingSpans(view, facts).find(({ endMs }) => endMs >= view.endMs);
  if (!flow) return;
  const due = dueSamples(flow, view, facts);
  tally.countChecks(due.length);
  const lost = due.filter(({ sample }) => sample.deliveredMs === Infinity);
  for (const hole of toRanges(lost.map(({ sample }) => sample))) {
    tally.addViolation({
      atMs: view.endMs,
      what: `${rangeName(hole)} never came, though the broker had the time for it`,
      bound: 'everything that was stored is delivered',
      measured: `${formatCount(rangeSize(hole), 'sample')} less`,
    });
  }
}
