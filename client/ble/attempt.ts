import type { NoblePeripheral } from '../../hci/noble.ts';
import { ClientError } from '../errors.ts';
import { within } from '../wait.ts';
import type { LinkParameters } from './central.ts';

/** Units of LE Create Connection (Bluetooth Core Vol 4 Part E, 7.8.12). */
const INTERVAL_UNIT_MS = 1.25;
const SUPERVISION_UNIT_MS = 10;
/** How long a cancelled attempt may take to fail. */
const CANCEL_TIMEOUT_MS = 2_000;

interface AttemptOptions {
  readonly parameters: LinkParameters;
  readonly timeoutMs: number;
  readonly signals: readonly AbortSignal[];
}

/**
 * One attempt to connect, settled in every case when it returns: connected, or cancelled and a link that came up too
 * late cut again. Without the cancel noble would hold every later attempt back for ever.
 */
export async function connectPeripheral(
  peripheral: NoblePeripheral,
  { parameters, timeoutMs, signals }: AttemptOptions,
): Promise<void> {
  const attempt = { isUnanswered: false };
  try {
    await within<void>({ timeoutMs, what: 'Connecting', signals }, (succeed, fail) => {
      const onConnect = (error?: Error): void => {
        attempt.isUnanswered = false;
        if (error)
          fail(new ClientError('link_lost', `Connecting failed: ${error.message}`, { cause: error }));
        else succeed();
      };
      peripheral.on('connect', onConnect);
      attempt.isUnanswered = true;
      peripheral.connect({
        minInterval: Math.round(parameters.minIntervalMs / INTERVAL_UNIT_MS),
        maxInterval: Math.round(parameters.maxIntervalMs / INTERVAL_UNIT_MS),
        latency: 0,
        timeout: Math.round(parameters.supervisionTimeoutMs / SUPERVISION_UNIT_MS),
      });
      return () => peripheral.off('connect', onConnect);
    });
  } catch (error) {
    if (attempt.isUnanswered) await cancel(peripheral);
    await hangUp(peripheral, CANCEL_TIMEOUT_MS);
    throw error;
  }
}

/** Calls an attempt off that the adapter has not answered yet, and waits for that answer: it may be a success. */
async function cancel(peripheral: NoblePeripheral): Promise<void> {
  // noble reports the cancel itself as a failed connect, synchronously; the adapter's answer comes after it.
  await settled(peripheral, 'connect', CANCEL_TIMEOUT_MS, () => peripheral.cancelConnect());
}

/**
 * Ends a link and waits until it is down, but not for ever: a dead adapter never says so.
 * @param timeoutMs a scooter that cannot hear it is given up after the supervision timeout only.
 */
export async function hangUp(peripheral: NoblePeripheral, timeoutMs: number): Promise<void> {
  if (peripheral.state !== 'connected') return;
  await settled(peripheral, 'disconnect', timeoutMs, () => peripheral.disconnect());
}

async function settled(
  peripheral: NoblePeripheral,
  event: string,
  timeoutMs: number,
  act: () => void,
): Promise<void> {
  await within<void>({ timeoutMs, what: `Waiting for ${event}` }, (succeed) => {
    act();
    peripheral.once(event, succeed);
    return () => peripheral.off(event, succeed);
  }).catch(() => undefined);
}
