import { keepAliveMs, untilAcknowledgedAgain } from './excuses.ts';
import { SUSPENSION_MS } from './forbidden-topics.ts';
import type { Excuse, ExcuseContext } from './guarantee.ts';
import { formatSeconds } from './tally.ts';
import type { Connection } from './view/connections.ts';
import type { FaultSpan } from './view/fault-spans.ts';

/** Number of connections that are closed because a topic is not acknowledged until it is suspended. */
const MAX_UNACKNOWLEDGED = 3;
/** Time in which a message that is not acknowledged ends the connection, besides keep_alive. */
const CLOSED_MS = 1_000;
/** Time in which a suspended topic is published with a health report. */
const PUBLISH_MS = 1_000;

/**
 * Until the broker acknowledges messages again. If that has begun during a connection, the broker has acknowledged the later
 * messages on it, but not the earlier ones: to the client, it does not accept their topic.
 */
export const untilDeafTopicsTriedAgain: Excuse = {
  about:
    `${untilAcknowledgedAgain.about}; from the ${MAX_UNACKNOWLEDGED}rd connection of a process on during which the fault ends, ` +
    `and which is closed within keep_alive + ${formatSeconds(CLOSED_MS)}, ` +
    `${formatSeconds(SUSPENSION_MS)} + health_interval + ${formatSeconds(PUBLISH_MS)} longer`,
  until: (fault, context) => {
    const untilMs = untilAcknowledgedAgain.until(fault, context);
    if (halfDeafConnections(fault, context).length < MAX_UNACKNOWLEDGED) return untilMs;
    return untilMs + SUSPENSION_MS + context.facts.config.mqtt.healthIntervalMs + PUBLISH_MS;
  },
};

/** Connections of the process, up to the end of a fault, of which the broker has acknowledged only the later messages. */
function halfDeafConnections(fault: FaultSpan, { view, facts }: ExcuseContext): Connection[] {
  const process = view.processAt(fault.endMs);
  const endsMs = view
    .faultsNamed('broker.deaf')
    .flatMap(({ endMs }) => (endMs <= fault.endMs ? [endMs] : []));
  return view.connections.filter(
    (connection) =>
      connection.process === process &&
      endsMs.some((ms) => {
        const closedMs = ms + keepAliveMs(facts) + CLOSED_MS;
        return connection.beginMs <= ms && ms < connection.endMs && connection.endMs <= closedMs;
      }),
  );
}
