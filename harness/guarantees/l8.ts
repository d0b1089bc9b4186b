import { dueSamples, drainingSpans } from './drain.ts';
import type { Guarantee, RunFacts } from './guarantee.ts';
import { outOfOrderDeliveries } from './delivery-order.ts';
import { sampleName } from './sample-names.ts';
import { formatCount, Tally } from './tally.ts';
import type { TraceView } from './trace-view.ts';
import { SampleMap, type Delivery } from './view/deliveries.ts';
import type { Life } from './view/lives.ts';
import type { Sample } from './view/samples.ts';
import type { Span } from './view/span.ts';

const AT_AN_INSTANT: readonly unknown[] = ['killed', 'power cut'];

export const l8: Guarantee = {
  title: 'A power cut at any instant loses nothing that was stored',
  check(view, facts) {
    const tally = new Tally();
    const flows = drainingSpans(view, facts);
    const late = new SampleMap<Delivery>();
    for (const { delivery, after } of outOfOrderDeliveries(view)) late.set(delivery, after);
    for (const life of view.lives) {
      const left = AT_AN_INSTANT.includes(life.end?.how) && undelivered(life, flows, view, facts);
      if (!left) continue;
      tally.countChecks();
      const lost = left.filter(({ deliveredMs }) => deliveredMs === Infinity);
      const [first] = lost;
      if (first) {
        tally.addViolation({
          atMs: life.endMs,
          what: `what was stored before a ${life.end?.how === 'killed' ? 'kill' : 'power cut'} is lost, from ${sampleName(first)} on`,
          bound: `${formatCount(left.length, 'sample')} delivered`,
          measured: `${formatCount(left.length - lost.length, 'sample')} delivered`,
        });
      }
      for (const sample of left) {
        const by = late.get(sample);
        if (!by) continue;
        tally.addViolation({
          atMs: sample.deliveredMs,
          what: 'what was stored before the client died came behind what was stored after it',
          bound: `${sampleName(sample)} first`,
          measured: `${sampleName(by)} first`,
        });
      }
    }
    return tally.verdict;
  },
};

/** What was stored and not delivered when the client died; undefined where the broker had no time to receive it since. */
function undelivered(
  life: Life,
  flows: readonly Span[],
  view: TraceView,
  facts: RunFacts,
): Sample[] | undefined {
  const left = view.samples.filter(
    ({ storedMs, deliveredMs, dropReport }) =>
      storedMs <= life.endMs && deliveredMs > life.endMs && !dropReport,
  );
  const last = left.findLast(({ deliveredMs }) => deliveredMs === Infinity);
  if (!last) return left;
  const hadTime = flows.some(
    (flow) =>
      flow.beginMs > life.endMs && dueSamples(flow, view, facts).some(({ sample }) => sample === last),
  );
  return hadTime ? left : undefined;
}
