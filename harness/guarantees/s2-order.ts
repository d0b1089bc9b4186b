import type { Guarantee } from './guarantee.ts';
import { outOfOrderDeliveries } from './delivery-order.ts';
import { sampleName } from './sample-names.ts';
import { Tally } from './tally.ts';

export const s2: Guarantee = {
  title: 'Samples arrive in the order in which they were stored',
  check(view) {
    const tally = new Tally();
    tally.countChecks(view.deliveries.first.length);
    for (const { delivery, after } of outOfOrderDeliveries(view)) {
      tally.addViolation({
        atMs: delivery.atMs,
        what: 'a sample was delivered after one that was stored later',
        bound: `${sampleName(delivery)} first`,
        measured: `${sampleName(after)} first`,
      });
    }
    return tally.result;
  },
};
