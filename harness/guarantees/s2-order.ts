import type { Guarantee } from './guarantee.ts';
import { ORDER_EXCUSES, outOfOrderDeliveries } from './delivery-order.ts';
import { sampleName } from './sample-names.ts';
import { Tally } from './tally.ts';

export const s2: Guarantee = {
  title: 'Samples arrive in the order in which they were stored',
  rules: [
    {
      checks: 'Order of the first deliveries of the samples of one process',
      bound: 'ascending by seq',
      excuses: [],
    },
    {
      checks: 'Order of the first deliveries of samples of different processes, if they were stored before',
      bound: 'in the order in which the processes started to store',
      excuses: [ORDER_EXCUSES],
    },
  ],
  blindSpots: [
    'Repeated deliveries: a sample that is sent again may come after later ones.',
    'Samples of different processes that were delivered from memory before they were stored.',
    'Samples that never arrive: S1 and L8 check those.',
  ],
  check(view, facts) {
    const tally = new Tally();
    tally.countChecks(view.deliveries.first.length);
    for (const { delivery, after } of outOfOrderDeliveries(view, facts)) {
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
