import type { Adapter } from '../../hci/adapter.ts';
import { loadNoble, type LoadedNoble, type NoblePeripheral } from '../../hci/noble.ts';
import { normalizeUuid, XIAOMI } from '../../protocol/gatt.ts';
import { ClientError } from '../errors.ts';
import { pause, reasonOf, within } from '../wait.ts';
import type { Central, ConnectOptions, Link, DiscoveredDevice } from './central.ts';
import { connectPeripheral } from './connection.ts';
import { openLink } from './noble-link.ts';

/** The longest that a healthy adapter takes to come up, or to start or stop a scan. */
const ADAPTER_TIMEOUT_MS = 5_000;
/** A scan starts anew after so long: an adapter that is gone or dead is silent, like one that hears nobody. */
const SCAN_RESTART_MS = 4_000;

/** An adapter that refuses to scan so often in a row is no good. */
const MAX_SCAN_REFUSALS = 3;
/** noble ends a scan that may be under way before it begins one: both are answered. */
const SCAN_START_EVENTS = 2;

/** Opens the adapter and waits until it can be used; `signal` is for good: the adapter is no use after it. */
export async function openCentral(adapter: Adapter, signal: AbortSignal): Promise<Central> {
  const loaded = load(adapter);
  try {
    await waitForPoweredOn(loaded, signal);
  } catch (error) {
    loaded.close();
    throw error;
  }
  return new NobleCentral(loaded, signal);
}

function load(adapter: Adapter): LoadedNoble {
  try {
    return loadNoble(adapter);
  } catch (cause) {
    throw new ClientError('adapter', cause instanceof Error ? cause.message : String(cause), { cause });
  }
}

async function waitForPoweredOn({ noble, failed }: LoadedNoble, signal: AbortSignal): Promise<void> {
  if (noble.state === 'poweredOn') return;
  await waitForAdapter('Waiting for the Bluetooth adapter to come up', [signal, failed], (succeed) => {
    const onState = (state: string): void => {
      if (state === 'poweredOn') succeed();
    };
    noble.on('stateChange', onState);
    return () => noble.off('stateChange', onState);
  });
}

/** Waits for what an adapter does at once when it is healthy. @throws ClientError `adapter`, or the reason of a stop. */
async function waitForAdapter(
  what: string,
  [stop, failed]: readonly [AbortSignal, AbortSignal],
  begin: (succeed: () => void) => () => unknown,
): Promise<void> {
  try {
    await within<void>({ timeoutMs: ADAPTER_TIMEOUT_MS, what, signals: [stop, failed] }, begin);
  } catch (cause) {
    if (stop.aborted) throw reasonOf(stop);
    throw adapterError(failed.aborted ? failed.reason : cause);
  }
}

function adapterError(cause: unknown): ClientError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new ClientError('adapter', `The Bluetooth adapter does not work: ${reason}`, { cause });
}

/** `Central` on noble, which has no timeouts of its own: every wait for it is bounded here. */
class NobleCentral implements Central {
  readonly #loaded: LoadedNoble;
  readonly #stop: AbortSignal;
  readonly #peripherals = new Map<string, NoblePeripheral>();
  #link: Link | undefined;

  /** @param stop ends every wait for the adapter, which is closed then. */
  constructor(loaded: LoadedNoble, stop: AbortSignal) {
    this.#loaded = loaded;
    this.#stop = stop;
  }

  async scan(onDiscover: (device: DiscoveredDevice) => void, signal: AbortSignal): Promise<void> {
    const { noble, failed } = this.#loaded;
    const onPeripheral = (peripheral: NoblePeripheral): void => {
      const device = deviceOf(peripheral);
      this.#peripherals.set(device.address, peripheral);
      onDiscover(device);
    };
    noble.on('discover', onPeripheral);
    let refusals = 0;
    try {
      while (!isAborted(signal)) {
        refusals = (await this.#startScan()) ? 0 : refusals + 1;
        if (refusals === MAX_SCAN_REFUSALS)
          throw new ClientError('adapter', 'The Bluetooth adapter refuses to scan');
        await pause(SCAN_RESTART_MS, signal, failed).catch(() => undefined);
        await this.#stopScan();
      }
    } finally {
      noble.off('discover', onPeripheral);
      // Not waited for: an adapter that others use as well must not go on scanning.
      if (this.#stop.aborted && !failed.aborted) noble.stopScanning();
    }
  }

  async connect(address: string, options: ConnectOptions): Promise<Link> {
    const peripheral = this.#peripherals.get(address);
    if (!peripheral) throw new ClientError('peer', `${address} has not been seen by this adapter yet`);
    const { failed } = this.#loaded;
    const { parameters, timeoutMs, stepTimeoutMs, signal } = options;
    try {
      await connectPeripheral(peripheral, { parameters, timeoutMs, signal, adapterFailed: failed });
      this.#link = await openLink(peripheral, { stepTimeoutMs, signal, adapterFailed: failed });
      return this.#link;
    } catch (error) {
      throw failed.aborted && !signal.aborted ? adapterError(failed.reason) : error;
    }
  }

  async close(): Promise<void> {
    try {
      await this.#link?.close();
    } finally {
      this.#loaded.close();
    }
  }

  /** @returns false where the adapter refuses. */
  async #startScan(): Promise<boolean> {
    const { noble, hci, failed } = this.#loaded;
    const statuses: number[] = [];
    await waitForAdapter('Starting the scan', [this.#stop, failed], (succeed) => {
      const onEvent = (status: number): void => {
        if (statuses.push(status) === SCAN_START_EVENTS) succeed();
      };
      hci.on('leScanEnableSet', onEvent);
      try {
        // Repeated reports too: where the first scan response is lost, a filtered device would never show up.
        noble.startScanning([], true);
      } catch (error) {
        hci.off('leScanEnableSet', onEvent);
        throw error;
      }
      return () => hci.off('leScanEnableSet', onEvent);
    });
    return statuses.at(-1) === 0;
  }

  async #stopScan(): Promise<void> {
    const { noble, failed } = this.#loaded;
    await waitForAdapter('Stopping the scan', [this.#stop, failed], (succeed) => {
      noble.once('scanStop', succeed);
      try {
        noble.stopScanning();
      } catch (error) {
        noble.off('scanStop', succeed);
        throw error;
      }
      return () => noble.off('scanStop', succeed);
    });
  }
}

function deviceOf({ address, rssi, advertisement }: NoblePeripheral): DiscoveredDevice {
  const { localName, manufacturerData, serviceData = [] } = advertisement;
  const miBeacon = serviceData.find(
    ({ uuid }) => normalizeUuid(uuid) === normalizeUuid(XIAOMI.service),
  )?.data;
  return {
    address,
    name: localName,
    rssi,
    ...(manufacturerData && { manufacturerData }),
    ...(miBeacon && { miBeacon }),
  };
}

/** Asked anew each time: what a signal said before an await is no longer true after it. */
function isAborted(signal: AbortSignal): boolean {
  return signal.aborted;
}
