import type { LinkParameters } from '../ble/central.ts';
import type { Config } from '../config/schema.ts';

/** The shortest of the 15 to 30 ms that the MiAuth SDK requests: a login takes about thirty intervals. */
const INTERVAL = { minIntervalMs: 15, maxIntervalMs: 15 } as const;

/**
 * In raw mode the kernel connects with its own default supervision timeout and ignores the requested one (measured on
 * Linux 6.1). As root with debugfs, the native socket changes that default, so the same value applies there.
 */
const RAW_SUPERVISION_TIMEOUT_MS = 420;

/** Returns the connection parameters. noble's default supervision timeout, 0.42 s, is too short for brief interference. */
export function linkParameters(scooter: Config['scooter']): LinkParameters {
  return { ...INTERVAL, supervisionTimeoutMs: effectiveSupervisionTimeoutMs(scooter) };
}

/**
 * Returns the longest wait for one response: a link may stay silent for the supervision timeout without being lost, and
 * the response arrives after that.
 */
export function stepTimeoutMs(scooter: Config['scooter']): number {
  return effectiveSupervisionTimeoutMs(scooter) + scooter.requestTimeoutMs;
}

function effectiveSupervisionTimeoutMs({ hciChannel, supervisionTimeoutMs }: Config['scooter']): number {
  return hciChannel === 'raw' ? RAW_SUPERVISION_TIMEOUT_MS : supervisionTimeoutMs;
}
