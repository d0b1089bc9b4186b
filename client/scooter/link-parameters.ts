import type { LinkParameters } from '../ble/central.ts';
import type { Config } from '../config/schema.ts';

/** The fast end of the 15 to 30 ms that the MiAuth SDK asks of a phone: a login takes some thirty intervals. */
const INTERVAL = { minIntervalMs: 15, maxIntervalMs: 15 } as const;

/** What we ask of every connection. noble's own supervision timeout of 0.42 s would lose the link at every cough. */
export function linkParameters({ supervisionTimeoutMs }: Config['scooter']): LinkParameters {
  return { ...INTERVAL, supervisionTimeoutMs };
}

/**
 * How long one step inside a live link may take: the radio may be silent for the supervision timeout without the link
 * being lost, and the answer comes after that.
 */
export function stepTimeoutMs({ supervisionTimeoutMs, requestTimeoutMs }: Config['scooter']): number {
  return supervisionTimeoutMs + requestTimeoutMs;
}
