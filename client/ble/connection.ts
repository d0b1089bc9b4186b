import type { EventEmitter } from 'node:events';
import type { NoblePeripheral } from '../../hci/noble.ts';
import { ClientError } from '../errors.ts';
import { within, type WaitOptions } from '../wait.ts';
import type { LinkParameters } from './central.ts';

/** Units of LE Create Connection (Bluetooth Core Vol 4 Part E, 7.8.12). */
const INTERVAL_UNIT_MS = 1.25;
const SUPERVISION_UNIT_MS = 10;
/**
 * HCI status Connection Already Exists (Bluetooth Core Vol 1 Part F, 2.11), as noble's error message ends: the adapter
 * holds a link that noble does not know of, because an event about it was lost. Only an adapter reset ends that link.
 */
const CONNECTION_EXISTS = '(0xb)';
/** The longest that the adapter may take to confirm a cancelled connection attempt. */
const CANCEL_TIMEOUT_MS = 2_000;
/** The longest that a disconnect may take once the client is stopping. */
const STOP_TIMEOUT_MS = 2_000;

interface PeripheralOptions {
  readonly parameters: LinkParameters;
  /** noble's HCI host: emits `leConnComplete` with nothing but a status if the adapter rejects the command to connect. */
  readonly hci: EventEmitter;
  readonly timeoutMs: number;
  /** Aborts when the client stops. */
  readonly signal: AbortSignal;
  /** Aborts when the adapter fails. */
  readonly adapterFailed: AbortSignal;
}

/**
 * Connects to a peripheral. On return the attempt is settled: either connected, or cancelled, with a link that came up
 * too late disconnected again. Without the cancel noble would queue every later attempt forever.
 * @throws ClientError `timeout`, `link_lost`, `connect_rejected` if the adapter rejects the command, the reason of a signal,
 *   or `adapter` if not even the cancel is answered: noble cannot connect again after that.
 */
export async function connectPeripheral(
  peripheral: NoblePeripheral,
  { parameters, hci, timeoutMs, signal, adapterFailed }: PeripheralOptions,
): Promise<void> {
  const attempt = { isPending: false, isRejected: false };
  try {
    const signals = [signal, adapterFailed];
    await within<void>({ timeoutMs, what: 'Connecting', signals }, (succeed, fail) => {
      const onConnect = (error?: Error): void => {
        attempt.isPending = false;
        if (error) fail(connectError(error, attempt.isRejected));
        else succeed();
      };
      const onComplete = (_status: number, handle?: number): void => {
        attempt.isRejected = handle === undefined;
      };
      peripheral.on('connect', onConnect);
      // Before noble, which then emits `connect`.
      hci.prependListener('leConnComplete', onComplete);
      attempt.isPending = true;
      peripheral.connect({
        minInterval: Math.round(parameters.minIntervalMs / INTERVAL_UNIT_MS),
        maxInterval: Math.round(parameters.maxIntervalMs / INTERVAL_UNIT_MS),
        latency: 0,
        timeout: Math.round(parameters.supervisionTimeoutMs / SUPERVISION_UNIT_MS),
      });
      return () => {
        peripheral.off('connect', onConnect);
        hci.off('leConnComplete', onComplete);
      };
    });
  } catch (error) {
    const isAnswered = !attempt.isPending || (await cancel(peripheral, adapterFailed));
    await disconnectPeripheral(peripheral, { timeoutMs: CANCEL_TIMEOUT_MS, signal, adapterFailed });
    if (isAnswered || signal.aborted) throw error;
    throw new ClientError('adapter', 'The Bluetooth adapter no longer responds', { cause: error });
  }
}

/** @param isRejected whether the adapter rejected the command: whatever the reason, the scooter has no part in it. */
function connectError(cause: Error, isRejected: boolean): ClientError {
  if (cause.message.endsWith(CONNECTION_EXISTS)) {
    return new ClientError('adapter', 'The Bluetooth adapter still holds an earlier connection', { cause });
  }
  if (isRejected) {
    const message = `The Bluetooth adapter rejects the attempt to connect: ${cause.message}`;
    return new ClientError('connect_rejected', message, { cause });
  }
  return new ClientError('link_lost', `Connecting failed: ${cause.message}`, { cause });
}

/**
 * Cancels an attempt that the adapter has not answered yet, and waits for the answer, which may be a success.
 * @returns whether the adapter answered in time.
 */
async function cancel(peripheral: NoblePeripheral, adapterFailed: AbortSignal): Promise<boolean> {
  // noble itself emits a failed connect synchronously on cancel; the adapter's answer comes after that.
  const bounds = { timeoutMs: CANCEL_TIMEOUT_MS, signals: [adapterFailed] };
  return await emits(peripheral, 'connect', bounds, () => peripheral.cancelConnect());
}

interface DisconnectOptions {
  /** At least the supervision timeout: a link to a scooter out of range ends only then. */
  readonly timeoutMs: number;
  /** Aborts when the client stops, which shortens the timeout. */
  readonly signal: AbortSignal;
  readonly adapterFailed: AbortSignal;
}

/**
 * Disconnects and waits until the link is down; the wait is bounded because a dead adapter never reports it.
 * @returns whether noble considers the link down.
 */
export async function disconnectPeripheral(
  peripheral: NoblePeripheral,
  { timeoutMs, signal, adapterFailed }: DisconnectOptions,
): Promise<boolean> {
  if (peripheral.state !== 'connected') return true;
  const expired = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  const onStop = (): void => void (timer = setTimeout(() => expired.abort(), STOP_TIMEOUT_MS));
  if (signal.aborted) onStop();
  else signal.addEventListener('abort', onStop);
  try {
    const bounds = { timeoutMs, signals: [adapterFailed, expired.signal] };
    return await emits(peripheral, 'disconnect', bounds, () => peripheral.disconnect());
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', onStop);
  }
}

/** Calls `begin`, and resolves to whether the peripheral emits `event` within the bounds. */
async function emits(
  peripheral: NoblePeripheral,
  event: string,
  bounds: Pick<WaitOptions, 'timeoutMs' | 'signals'>,
  begin: () => void,
): Promise<boolean> {
  return await within<boolean>({ ...bounds, what: `Waiting for ${event}` }, (succeed) => {
    const onEvent = (): void => succeed(true);
    begin();
    peripheral.once(event, onEvent);
    return () => peripheral.off(event, onEvent);
  }).catch(() => false);
}
