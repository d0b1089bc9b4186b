import { BROKER_DELAY_EXCUSES, excusedSpans } from './excuses.ts';
import type { Excuses, RunFacts } from './guarantee.ts';
import type { TraceView } from './trace-view.ts';
import type { Connection } from './view/connections.ts';
import type { Delivery } from './view/deliveries.ts';
import { firstAfter, lastUntil } from './view/search.ts';

/** Time in which an acknowledgement reaches the client. */
export const ACKNOWLEDGED_MS = 1_000;
const OFFLINE = 'offline';

/** Faults that may keep an acknowledgement from the client. */
export const ACKNOWLEDGEMENT_EXCUSES: Excuses = BROKER_DELAY_EXCUSES;

/** Those of them that do not reorder it: a client that stops has received it before that of its last message. */
const REORDERING_EXCUSES: Excuses = Object.fromEntries(
  Object.entries(BROKER_DELAY_EXCUSES).filter(([fault]) => !['broker.lag', 'client.term'].includes(fault)),
);

/**
 * Finds out which deliveries the client knows of: at QoS 1, and on a connection that lasted long enough for the
 * acknowledgement without a fault that delays or loses it, or that the client has ended itself, after all acknowledgements.
 */
export function acknowledgements(view: TraceView, facts: RunFacts): (delivery: Delivery) => boolean {
  const delayed = excusedSpans(view, facts, ACKNOWLEDGEMENT_EXCUSES);
  const reordered = excusedSpans(view, facts, REORDERING_EXCUSES);
  return ({ atMs }) => {
    const connection = lastUntil(view.connections, atMs, ({ beginMs }) => beginMs);
    if (!connection || connection.terms.maximumQoS === 0) return false;
    const inTime = atMs + ACKNOWLEDGED_MS;
    if (lastedUntil(connection, inTime) && !delayed.overlaps(atMs, inTime)) return true;
    return wasEnded(connection, atMs, view) && !reordered.overlaps(atMs, connection.endMs);
  };
}

function lastedUntil({ endMs, process }: Connection, ms: number): boolean {
  return endMs >= ms && process !== undefined && process.endMs >= ms;
}

/** Whether the client has ended a connection itself, with its last message after `ms`. */
function wasEnded({ endMs, process }: Connection, ms: number, view: TraceView): boolean {
  const last = firstAfter(view.messages('status'), ms, ({ atMs }) => atMs);
  return last?.payload === OFFLINE && last.atMs <= endMs && process?.end?.how === 'exit';
}
