import { BROKER_DELAY_EXCUSES, excusedSpans } from './excuses.ts';
import type { Excuses, RunFacts } from './guarantee.ts';
import type { TraceView } from './trace-view.ts';
import type { Connection } from './view/connections.ts';
import type { Delivery } from './view/deliveries.ts';
import { lastUntil } from './view/search.ts';

/** Time in which an acknowledgement reaches the client. */
export const ACKNOWLEDGED_MS = 1_000;

/** Faults that may keep an acknowledgement from the client. */
export const ACKNOWLEDGEMENT_EXCUSES: Excuses = BROKER_DELAY_EXCUSES;

/**
 * Finds out which deliveries the client knows of: at QoS 1, and on a connection that lasted long enough for the
 * acknowledgement, without a fault that delays or loses it.
 */
export function acknowledgements(view: TraceView, facts: RunFacts): (delivery: Delivery) => boolean {
  const delayed = excusedSpans(view, facts, ACKNOWLEDGEMENT_EXCUSES);
  return ({ atMs }) => {
    const connection = lastUntil(view.connections, atMs, ({ beginMs }) => beginMs);
    return (
      connection !== undefined &&
      connection.terms.maximumQoS > 0 &&
      lastedUntil(connection, atMs + ACKNOWLEDGED_MS) &&
      !delayed.overlaps(atMs, atMs + ACKNOWLEDGED_MS)
    );
  };
}

function lastedUntil({ endMs, process }: Connection, ms: number): boolean {
  return endMs >= ms && process !== undefined && process.endMs >= ms;
}
