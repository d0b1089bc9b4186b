import { DELIVERY_BOUND, dueSamples, drainingSpans } from './drain.ts';
import { DELIVERY_EXCUSES } from './excuses.ts';
import type { Guarantee, RunFacts } from './guarantee.ts';
import { ORDER_EXCUSES, outOfOrderDeliveries } from './delivery-order.ts';
import { sampleName } from './sample-names.ts';
import { formatCount, Tally } from './tally.ts';
import type { TraceView } from './trace-view.ts';
import { SampleMap, type Delivery } from './view/deliveries.ts';
import { endedAbruptly, type ProcessSpan } from './view/processes.ts';
import type { Sample } from './view/samples.ts';
import type { Span } from './view/span.ts';

export const l8: Guarantee = {
  title: 'A power cut or kill at any instant loses no stored sample',
  rules: [
    {
      checks: 'Samples that were stored and undelivered when a process was killed or lost power',
      bound: `delivered or reported as dropped, once the last of them was due: ${DELIVERY_BOUND}`,
      excuses: [DELIVERY_EXCUSES],
    },
    { checks: 'Their order', bound: 'before the samples of later processes', excuses: [ORDER_EXCUSES] },
  ],
  blindSpots: [
    'Samples that were not yet synced to the disk, such as those of the last sync_interval: they may be lost.',
    'Damage that a real SD card does to synced data: the virtual disk loses such data only behind a torn record, as LevelDB does.',
    'A run that ends before the backlog was due.',
  ],
  check(view, facts) {
    const tally = new Tally();
    const draining = drainingSpans(view, facts);
    const late = new SampleMap<Delivery>();
    for (const { delivery, after } of outOfOrderDeliveries(view, facts)) late.set(delivery, after);
    for (const process of view.processes) {
      const left = endedAbruptly(process) && undelivered(process, draining, view, facts);
      if (!left) continue;
      tally.countChecks();
      const lost = left.filter(({ deliveredMs }) => deliveredMs === Infinity);
      const [first] = lost;
      if (first) {
        tally.addViolation({
          atMs: process.endMs,
          what: `stored samples were lost in a ${process.end?.how === 'killed' ? 'kill' : 'power cut'}, from ${sampleName(first)} on`,
          bound: `${formatCount(left.length, 'sample')} delivered`,
          measured: `${formatCount(left.length - lost.length, 'sample')} delivered`,
        });
      }
      for (const sample of left) {
        const after = late.get(sample);
        if (!after) continue;
        tally.addViolation({
          atMs: sample.deliveredMs,
          what: 'a sample of the killed process was delivered after one of the next process',
          bound: `${sampleName(sample)} first`,
          measured: `${sampleName(after)} first`,
        });
      }
    }
    return tally.result;
  },
};

/** Samples in the outbox when the process ended; undefined if there was no time to deliver them since. */
function undelivered(
  process: ProcessSpan,
  draining: readonly Span[],
  view: TraceView,
  facts: RunFacts,
): Sample[] | undefined {
  const left = view.samples.filter(
    ({ storedMs, deliveredMs, dropReport }) =>
      storedMs <= process.endMs && deliveredMs > process.endMs && !dropReport,
  );
  const last = left.findLast(({ deliveredMs }) => deliveredMs === Infinity);
  if (!last) return left;
  const hadTime = draining.some(
    (span) =>
      span.beginMs > process.endMs && dueSamples(span, view, facts).some(({ sample }) => sample === last),
  );
  return hadTime ? left : undefined;
}
