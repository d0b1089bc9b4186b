import type { EventEmitter } from 'node:events';

/** The part of noble's HCI host for connection parameters; intervals and timeouts in milliseconds. */
export interface ConnectionParameterHci extends EventEmitter {
  /** Updates the parameters of a link, latency in events; noble calls it only on a peripheral's request. */
  connUpdateLe: (
    handle: number,
    minIntervalMs: number,
    maxIntervalMs: number,
    latency: number,
    supervisionTimeoutMs: number,
  ) => void;
}

/**
 * Keeps the initial supervision timeout of every link when its peripheral requests other connection parameters (noble
 * would accept all of them). Interval and latency change as requested. If the initial timeout is too short for them,
 * the larger of the two timeouts is used.
 */
export function keepSupervisionTimeouts(hci: ConnectionParameterHci): void {
  const timeoutsMs = new Map<number, number>();
  hci.on('leConnComplete', (status: number, handle: number, ...rest: unknown[]) => {
    // The others are role, address type, address, interval and latency; none are given if the attempt failed.
    const timeoutMs = rest[5];
    if (status === 0 && typeof timeoutMs === 'number') timeoutsMs.set(handle, timeoutMs);
  });
  const update = hci.connUpdateLe.bind(hci);
  hci.connUpdateLe = (handle, minIntervalMs, maxIntervalMs, latency, requestedMs) => {
    const keptMs = timeoutsMs.get(handle) ?? requestedMs;
    const isValid = keptMs > minTimeoutMs(maxIntervalMs, latency);
    update(handle, minIntervalMs, maxIntervalMs, latency, isValid ? keptMs : Math.max(keptMs, requestedMs));
  };
}

/** Exclusive minimum of a supervision timeout (Bluetooth Core Vol 4 Part E, 7.8.18). */
function minTimeoutMs(maxIntervalMs: number, latency: number): number {
  return (1 + latency) * maxIntervalMs * 2;
}
