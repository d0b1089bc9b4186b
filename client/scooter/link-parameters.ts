import type { LinkParameters } from '../ble/central.ts';
import type { Config } from '../config/schema.ts';

/** The fast end of the 15 to 30 ms that the MiAuth SDK asks of a phone: a login takes some thirty intervals. */
const INTERVAL = { minIntervalMs: 15, maxIntervalMs: 15 } as const;

/**
 * In raw mode the kernel connects with its own default: measured on Linux 6.1, whatever is asked for. The native socket
 * changes that default where it is root and finds debugfs, so that the same is asked for there.
 */
const RAW_SUPERVISION_TIMEOUT_MS = 420;

/** What we ask of every connection. noble's own supervision timeout of 0.42 s would lose the link at every cough. */
export function linkParameters(scooter: Config['scooter']): LinkParameters {
  return { ...INTERVAL, supervisionTimeoutMs: effectiveSupervisionTimeoutMs(scooter) };
}

/**
 * How long one step inside a live link may take: the radio may be silent for the supervision timeout without the link
 * being lost, and the answer comes after that.
 */
export function stepTimeoutMs(scooter: Config['scooter']): number {
  return effectiveSupervisionTimeoutMs(scooter) + scooter.requestTimeoutMs;
}

function effectiveSupervisionTimeoutMs({ hciChannel, supervisionTimeoutMs }: Config['scooter']): number {
  return hciChannel === 'raw' ? RAW_SUPERVISION_TIMEOUT_MS : supervisionTimeoutMs;
}
