import type { Central, DiscoveredDevice } from '../ble/central.ts';
import { ClientError } from '../errors.ts';
import { throwIfAborted } from '../wait.ts';

/** Why a scooter does not advertise. One that is connected to another device looks like one that is switched off. */
export const REASONS_FOR_SILENCE =
  'switched off, out of range, or connected to another device, such as a phone app or Home Assistant';

export interface SearchOptions {
  readonly windowMs: number;
  readonly signal: AbortSignal;
}

/**
 * Scans for the device with an address.
 * @throws ClientError `not_found` if the window ends first, or the reason of `signal`.
 */
export async function findScooter(
  central: Central,
  address: string,
  { windowMs, signal }: SearchOptions,
): Promise<DiscoveredDevice> {
  const found = await scanUntil(central, (device) => device.address === address, { windowMs, signal });
  if (found) return found;
  throw notFound(address, windowMs);
}

/** Creates the error for a search whose window has ended. */
export function notFound(address: string, windowMs: number): ClientError {
  return new ClientError(
    'not_found',
    `No scooter with the address ${address} was found within ${windowMs / 1000} s: it may be ${REASONS_FOR_SILENCE}. ` +
      '`martinete scan` lists the scooters in range',
  );
}

/** Scans until a device matches or the window ends; returns the device, or undefined if none matched. */
export async function scanUntil(
  central: Central,
  matches: (device: DiscoveredDevice) => boolean,
  { windowMs, signal }: SearchOptions,
): Promise<DiscoveredDevice | undefined> {
  throwIfAborted(signal);
  const scan = new AbortController();
  const stop = (): void => scan.abort();
  const timer = setTimeout(stop, windowMs);
  signal.addEventListener('abort', stop, { once: true });
  let found: DiscoveredDevice | undefined;
  try {
    await central.scan((device) => {
      if (found || !matches(device)) return;
      found = device;
      stop();
    }, scan.signal);
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', stop);
  }
  throwIfAborted(signal);
  return found;
}
