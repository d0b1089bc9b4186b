import { dueIn, flowing } from './drain.ts';
import { mayBeFull, unfitness } from './dropping.ts';
import { DISK_IN_TROUBLE, HEARING_IN_TROUBLE, troubles } from './excuses.ts';
import type { Guarantee, Terms } from './guarantee.ts';
import { rangeName, rangesOf, sampleName, sizeOf } from './sample-names.ts';
import { counted, Tally } from './tally.ts';
import type { TraceView } from './trace-view.ts';
import type { SampleId } from '../world/trace/sample-id.ts';
import type { Delivery } from './view/deliveries.ts';
import { firstAfter } from './view/search.ts';

/** Storing a sample takes no longer than this. */
const STORED_WITHIN_MS = 1_000;

export const s1: Guarantee = {
  title: 'Every poll yields a sample, and none is lost in silence',
  check(view, terms) {
    const tally = new Tally();
    judgePolls(view, terms, tally);
    judgeDeliveries(view, terms, tally);
    judgeHoles(view, tally);
    judgeAnnouncements(view, terms, tally);
    judgeEnd(view, terms, tally);
    return tally.verdict;
  },
};

/** Each due cycle is stored at once, and nothing is stored but due cycles. */
function judgePolls(view: TraceView, terms: Terms, tally: Tally): void {
  const trouble = troubles(view, terms, { ...HEARING_IN_TROUBLE, ...DISK_IN_TROUBLE });
  const { cycles, samples } = view;
  let next = 0;
  const judgeSurplus = (untilMs: number): void => {
    for (let sample = samples[next]; sample && sample.takenMs < untilMs; sample = samples[++next]) {
      if (trouble.meets(sample.takenMs - STORED_WITHIN_MS, sample.takenMs)) continue;
      tally.violation({
        atMs: sample.takenMs,
        what: `${sampleName(sample)} was stored though the scooter had said nothing new`,
        bound: 'one sample for each poll',
        measured: 'one more',
      });
    }
  };
  cycles.forEach(({ dueMs, link }, index) => {
    judgeSurplus(dueMs);
    const overMs = Math.min(dueMs + STORED_WITHIN_MS, cycles[index + 1]?.dueMs ?? Infinity);
    const sample = samples[next];
    const tookMs = sample && sample.takenMs <= overMs ? sample.takenMs - dueMs : undefined;
    if (tookMs !== undefined) next += 1;
    const isUndisturbed =
      overMs <= view.endMs &&
      link.endMs > dueMs &&
      view.livesThrough(dueMs, overMs) &&
      !trouble.meets(dueMs - STORED_WITHIN_MS, overMs);
    if (!isUndisturbed || (tookMs === undefined && mayBeFull(view, terms, dueMs))) return;
    tally.deadline({ atMs: dueMs, withinMs: STORED_WITHIN_MS, tookMs, what: 'a poll yielded no sample' });
  });
  judgeSurplus(view.endMs);
}

/** What is published was stored before. */
function judgeDeliveries(view: TraceView, terms: Terms, tally: Tally): void {
  const trouble = troubles(view, terms, DISK_IN_TROUBLE);
  for (const delivery of view.deliveries.first) {
    const { atMs } = delivery;
    if (trouble.meets(atMs - STORED_WITHIN_MS, atMs)) continue;
    tally.occasions();
    const takenMs = view.sampleOf(delivery)?.takenMs;
    if (takenMs !== undefined && takenMs <= atMs) continue;
    tally.violation({
      atMs,
      what: `${sampleName(delivery)} was published, but not stored before`,
      bound: 'stored first',
      measured: takenMs === undefined ? 'never stored' : 'stored later',
    });
  }
}

/** No number is missing below one that the broker has received, unless the client has said why. */
function judgeHoles({ deliveries, announcements }: TraceView, tally: Tally): void {
  for (const ofBoot of byBoot(deliveries.first)) {
    let lastSeq = 0;
    for (const { bootId, seq, atMs } of ofBoot.toSorted((a, b) => a.seq - b.seq)) {
      const missing = idsBetween(bootId, lastSeq, seq).filter((id) => !announcements.of(id));
      lastSeq = seq;
      const hadTime = firstAfter(announcements.reportsMs, atMs, (ms) => ms) !== undefined;
      if (!hadTime) continue;
      for (const hole of rangesOf(missing)) {
        tally.violation({
          atMs,
          what: `${rangeName(hole)} never came, and the client has not said why`,
          bound: 'no hole that is not announced',
          measured: counted(sizeOf(hole), 'sample'),
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
function judgeAnnouncements(view: TraceView, terms: Terms, tally: Tally): void {
  for (const announcement of view.announcements.all) {
    tally.occasions();
    const unfit = unfitness(announcement, view, terms);
    if (!unfit) continue;
    tally.violation({
      atMs: announcement.atMs,
      what: `${rangeName(announcement)} were given up, allegedly for "${announcement.reason}"`,
      ...unfit,
    });
  }
}

/** At the end the broker has everything that it had the time to receive. */
function judgeEnd(view: TraceView, terms: Terms, tally: Tally): void {
  const flow = flowing(view, terms).find(({ endMs }) => endMs >= view.endMs);
  if (!flow) return;
  const due = dueIn(flow, view, terms);
  tally.occasions(due.length);
  const lost = due.filter(({ sample }) => sample.deliveredMs === Infinity);
  for (const hole of rangesOf(lost.map(({ sample }) => sample))) {
    tally.violation({
      atMs: view.endMs,
      what: `${rangeName(hole)} never came, though the broker had the time for it`,
      bound: 'everything that was stored is delivered',
      measured: `${counted(sizeOf(hole), 'sample')} less`,
    });
  }
}
