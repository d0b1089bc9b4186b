import { BROKER_DELAY_EXCUSES, excusedSpans, whileActive } from './excuses.ts';
import { whileItCloses } from './forbidden-topics.ts';
import type { Excuse, Excuses, Guarantee } from './guarantee.ts';
import { formatSeconds, Tally } from './tally.ts';

/** Time after the end of a connection in which the process ends, if it has ended the connection for that. */
const STOP_MS = 6_000;
/** Time in which a client that the broker has disconnected notices that. */
const NOTICED_MS = 1_000;

const untilNoticed: Excuse = {
  about: `${whileActive.about}, and ${formatSeconds(NOTICED_MS)} longer`,
  until: ({ endMs }) => endMs + NOTICED_MS,
};

const CONNECTION_EXCUSES: Excuses = {
  ...BROKER_DELAY_EXCUSES,
  'broker.limits': untilNoticed,
  'broker.kick': untilNoticed,
  'broker.disconnect': untilNoticed,
  'broker.forbid': whileItCloses,
};

export const l13: Guarantee = {
  title: 'A connection to the broker that nothing disturbs lasts',
  rules: [
    {
      checks: 'Connections to the broker that end while the client runs',
      bound: `none, unless the process ends within ${formatSeconds(STOP_MS)}`,
      excuses: [CONNECTION_EXCUSES],
    },
  ],
  blindSpots: ['Connections that end during a fault of the broker, whatever the reason.'],
  check(view, facts) {
    const tally = new Tally();
    const excused = excusedSpans(view, facts, CONNECTION_EXCUSES);
    for (const { beginMs, endMs, process } of view.connections) {
      tally.countChecks();
      const isStop = process === undefined || process.endMs <= endMs + STOP_MS;
      if (isStop || endMs >= view.endMs || excused.overlaps(endMs - NOTICED_MS, endMs)) continue;
      tally.addViolation({
        atMs: endMs,
        what: 'the connection to the broker ended',
        bound: 'not without a fault',
        measured: `after ${formatSeconds(endMs - beginMs)}`,
      });
    }
    return tally.result;
  },
};
