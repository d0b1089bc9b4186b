import { dueIn, flowing } from './drain.ts';
import type { Guarantee, Terms } from './guarantee.ts';
import { overtaken } from './order.ts';
import { sampleName } from './sample-names.ts';
import { counted, Tally } from './tally.ts';
import type { TraceView } from './trace-view.ts';
import { SampleMap, type Delivery } from './view/deliveries.ts';
import type { Life } from './view/lives.ts';
import type { Sample } from './view/samples.ts';
import type { Span } from './view/span.ts';

const AT_AN_INSTANT: readonly unknown[] = ['killed', 'power cut'];

export const l8: Guarantee = {
  title: 'A power cut at any instant loses nothing that was stored',
  check(view, terms) {
    const tally = new Tally();
    const flows = flowing(view, terms);
    const late = new SampleMap<Delivery>();
    for (const { delivery, by } of overtaken(view)) late.set(delivery, by);
    for (const life of view.lives) {
      const left = AT_AN_INSTANT.includes(life.end?.how) && leftBehind(life, flows, view, terms);
      if (!left) continue;
      tally.occasions();
      const lost = left.filter(({ deliveredMs }) => deliveredMs === Infinity);
      const [first] = lost;
      if (first) {
        tally.violation({
          atMs: life.endMs,
          what: `what was stored before a ${life.end?.how === 'killed' ? 'kill' : 'power cut'} is lost, from ${sampleName(first)} on`,
          bound: `${counted(left.length, 'sample')} delivered`,
          measured: `${counted(left.length - lost.length, 'sample')} delivered`,
        });
      }
      for (const sample of left) {
        const by = late.get(sample);
        if (!by) continue;
        tally.violation({
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
function leftBehind(life: Life, flows: readonly Span[], view: TraceView, terms: Terms): Sample[] | undefined {
  const left = view.samples.filter(
    ({ takenMs, deliveredMs, announcement }) =>
      takenMs <= life.endMs && deliveredMs > life.endMs && !announcement,
  );
  const last = left.findLast(({ deliveredMs }) => deliveredMs === Infinity);
  if (!last) return left;
  const hadTime = flows.some(
    (flow) => flow.beginMs > life.endMs && dueIn(flow, view, terms).some(({ sample }) => sample === last),
  );
  return hadTime ? left : undefined;
}
