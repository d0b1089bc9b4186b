import type { NoblePeripheral } from '../../hci/noble.ts';
import { ClientError } from '../errors.ts';
import { within, type Bounds } from '../wait.ts';
import type { LinkParameters } from './central.ts';

/** Units of LE Create Connection (Bluetooth Core Vol 4 Part E, 7.8.12). */
const INTERVAL_UNIT_MS = 1.25;
const SUPERVISION_UNIT_MS = 10;
/**
 * The adapter holds a link to the scooter of which noble knows nothing (Bluetooth Core Vol 1 Part F, 2.11), because it
 * was mute when the link came up or ended: only a reset lets go of it. noble tells the status in its message alone.
 */
const CONNECTION_EXISTS = '(0xb)';
/** How long a cancelled attempt may take to fail. */
const CANCEL_TIMEOUT_MS = 2_000;
/** How long a hang-up may take while the whole client waits to stop. */
const STOP_TIMEOUT_MS = 2_000;

interface PeripheralOptions {
  readonly parameters: LinkParameters;
  readonly timeoutMs: number;
  /** Aborts when the client is to stop. */
  readonly signal: AbortSignal;
  /** Aborts when the adapter is gone. */
  readonly adapterFailed: AbortSignal;
}

/**
 * One attempt to connect, settled in every case when it returns: connected, or cancelled and a link that came up too
 * late cut again. Without the cancel noble would hold every later attempt back for ever.
 * @throws ClientError `timeout`, `link_lost`, the reason of a signal, or `adapter` where not even the cancel is
 *   answered: noble can connect no more then.
 */
export async function connectPeripheral(
  peripheral: NoblePeripheral,
  { parameters, timeoutMs, signal, adapterFailed }: PeripheralOptions,
): Promise<void> {
  const attempt = { isPending: false };
  try {
    const signals = [signal, adapterFailed];
    await within<void>({ timeoutMs, what: 'Connecting', signals }, (succeed, fail) => {
      const onConnect = (error?: Error): void => {
        attempt.isPending = false;
        if (error) fail(connectError(error));
        else succeed();
      };
      peripheral.on('connect', onConnect);
      attempt.isPending = true;
      peripheral.connect({
        minInterval: Math.round(parameters.minIntervalMs / INTERVAL_UNIT_MS),
        maxInterval: Math.round(parameters.maxIntervalMs / INTERVAL_UNIT_MS),
        latency: 0,
        timeout: Math.round(parameters.supervisionTimeoutMs / SUPERVISION_UNIT_MS),
      });
      return () => peripheral.off('connect', onConnect);
    });
  } catch (error) {
    const isAnswered = !attempt.isPending || (await cancel(peripheral, adapterFailed));
    await disconnectPeripheral(peripheral, { timeoutMs: CANCEL_TIMEOUT_MS, signal, adapterFailed });
    if (isAnswered || signal.aborted) throw error;
    throw new ClientError('adapter', 'The Bluetooth adapter answers no more', { cause: error });
  }
}

function connectError(cause: Error): ClientError {
  if (cause.message.endsWith(CONNECTION_EXISTS)) {
    return new ClientError('adapter', 'The Bluetooth adapter holds on to an earlier connection', { cause });
  }
  return new ClientError('link_lost', `Connecting failed: ${cause.message}`, { cause });
}

/**
 * Calls an attempt off that the adapter has not answered yet, and waits for that answer: it may be a success.
 * @returns whether it came.
 */
async function cancel(peripheral: NoblePeripheral, adapterFailed: AbortSignal): Promise<boolean> {
  // noble reports the cancel itself as a failed connect, synchronously; the adapter's answer comes after it.
  const bounds = { timeoutMs: CANCEL_TIMEOUT_MS, signals: [adapterFailed] };
  return await emits(peripheral, 'connect', bounds, () => peripheral.cancelConnect());
}

interface DisconnectOptions {
  /** A scooter that cannot hear it is given up after the supervision timeout only. */
  readonly timeoutMs: number;
  /** Aborts when the client is to stop: then there is less time. */
  readonly signal: AbortSignal;
  readonly adapterFailed: AbortSignal;
}

/**
 * Ends a link and waits until it is down, but not for ever: a dead adapter never says so.
 * @returns whether the link is down, as far as noble knows.
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

/** Whether the event came that `act` asks for. */
async function emits(
  peripheral: NoblePeripheral,
  event: string,
  bounds: Pick<Bounds, 'timeoutMs' | 'signals'>,
  begin: () => void,
): Promise<boolean> {
  return await within<boolean>({ ...bounds, what: `Waiting for ${event}` }, (succeed) => {
    const onEvent = (): void => succeed(true);
    begin();
    peripheral.once(event, onEvent);
    return () => peripheral.off(event, onEvent);
  }).catch(() => false);
}
