import type { EventEmitter } from 'node:events';

/** The part of noble's host that knows of connection parameters; intervals and timeouts in milliseconds. */
export interface ConnectionParameterHci extends EventEmitter {
  /** Changes the parameters of a link, latency in events; noble calls it for peripherals that ask alone. */
  connUpdateLe: (
    handle: number,
    minIntervalMs: number,
    maxIntervalMs: number,
    latency: number,
    supervisionTimeoutMs: number,
  ) => void;
}

/**
 * Lets every link keep the supervision timeout that it was made with, whatever its peripheral asks for (noble would grant
 * everything): interval and latency are the peripheral's to wish for, but how long a silence the link outlives is ours.
 * Where the timeout does not fit the new interval and latency, the larger of the two is taken.
 */
export function keepSupervisionTimeouts(hci: ConnectionParameterHci): void {
  const timeoutsMs = new Map<number, number>();
  hci.on('leConnComplete', (status: number, handle: number, ...rest: unknown[]) => {
    // Role, address type, address, interval, latency; none of it where the attempt was refused.
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

/** What a supervision timeout must be above (Bluetooth Core Vol 4 Part E, 7.8.18). */
function minTimeoutMs(maxIntervalMs: number, latency: number): number {
  return (1 + latency) * maxIntervalMs * 2;
}
