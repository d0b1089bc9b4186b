import type { OnLibraryProblem } from '../../hci/library-problem.ts';
import { type Adapter, AdapterError, OPEN_TIMEOUT_MS } from '../../hci/adapter.ts';
import { loadNoble, type LoadedNoble, type NoblePeripheral } from '../../hci/noble.ts';
import type { HciChannel } from '../../hci/socket.ts';
import { normalizeUuid, XIAOMI } from '../../protocol/gatt.ts';
import { ClientError } from '../errors.ts';
import { pause, reasonOf, within } from '../wait.ts';
import type { Central, ConnectOptions, Link, DiscoveredDevice } from './central.ts';
import { connectPeripheral } from './connection.ts';
import { openLink } from './noble-link.ts';

/** The longest that a working adapter takes to power on once it is open, on a Pi that is busy starting other services. */
const POWER_ON_TIMEOUT_MS = 10_000;
/** The longest that a working adapter takes to start or stop a scan. */
const ADAPTER_TIMEOUT_MS = 5_000;
/** Interval at which a scan is restarted, because only the restart shows whether a silent adapter still works. */
const SCAN_RESTART_MS = 4_000;

/** Number of consecutive refusals to scan after which the adapter is considered broken. */
const MAX_SCAN_REFUSALS = 3;
/**
 * Number of consecutive rejections of attempts to connect after which the adapter is considered broken. In raw mode another
 * program may be connecting.
 */
const MAX_CONNECT_REJECTIONS: Readonly<Record<HciChannel, number>> = { user: 3, raw: 10 };
/** noble stops any running scan before it starts one, and the adapter confirms both. */
const SCAN_START_EVENTS = 2;
/** RSSI of an advertising report if the adapter does not know it (Bluetooth Core Vol 4 Part E, 7.7.65.2). */
const RSSI_UNKNOWN = 127;

/**
 * Opens the adapter and waits until it is powered on.
 * @param signal applies to the central's whole lifetime; once it aborts, only `close` may be called.
 * @param onProblem receives what noble prints, throws or cannot parse; by default what it throws ends the process.
 * @throws ClientError `adapter`, or the reason of `signal`.
 */
export async function openCentral(
  adapter: Adapter,
  signal: AbortSignal,
  onProblem?: OnLibraryProblem,
): Promise<Central> {
  const loaded = load(adapter, onProblem);
  try {
    await waitForPoweredOn(loaded, signal);
  } catch (error) {
    loaded.close();
    throw error;
  }
  return new NobleCentral(loaded, adapter.channel ?? 'user', signal);
}

function load(adapter: Adapter, onProblem: OnLibraryProblem | undefined): LoadedNoble {
  try {
    return loadNoble(adapter, onProblem);
  } catch (cause) {
    throw new ClientError('adapter', cause instanceof Error ? cause.message : String(cause), { cause });
  }
}

async function waitForPoweredOn({ noble, opened, failed }: LoadedNoble, signal: AbortSignal): Promise<void> {
  const signals = [signal, failed] as const;
  if (!opened.aborted) {
    const open = { what: 'Opening the Bluetooth adapter', timeoutMs: OPEN_TIMEOUT_MS, signals };
    await waitForAdapter(open, (succeed) => {
      opened.addEventListener('abort', succeed);
      return () => opened.removeEventListener('abort', succeed);
    });
  }
  if (noble.state === 'poweredOn') return;
  const powerOn = { what: 'Powering on the Bluetooth adapter', timeoutMs: POWER_ON_TIMEOUT_MS, signals };
  await waitForAdapter(powerOn, (succeed) => {
    const onState = (state: string): void => {
      if (state === 'poweredOn') succeed();
    };
    noble.on('stateChange', onState);
    return () => noble.off('stateChange', onState);
  });
}

interface AdapterWait {
  readonly what: string;
  readonly timeoutMs?: number;
  readonly signals: readonly [stop: AbortSignal, failed: AbortSignal];
}

/**
 * Waits for an event of the adapter, by default one that a working adapter emits at once.
 * @throws ClientError `adapter`, or the reason of `stop`.
 */
async function waitForAdapter(
  { what, timeoutMs = ADAPTER_TIMEOUT_MS, signals }: AdapterWait,
  begin: (succeed: () => void) => () => unknown,
): Promise<void> {
  const [stop, failed] = signals;
  try {
    await within<void>({ timeoutMs, what, signals }, begin);
  } catch (cause) {
    if (stop.aborted) throw reasonOf(stop);
    throw adapterError(failed.aborted ? failed.reason : cause);
  }
}

function adapterError(cause: unknown): ClientError {
  if (cause instanceof AdapterError) return new ClientError('adapter', cause.message, { cause });
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new ClientError('adapter', `The Bluetooth adapter does not work: ${reason}`, { cause });
}

function rejectsConnections(cause: unknown): ClientError {
  return new ClientError('adapter', 'The Bluetooth adapter rejects every attempt to connect', { cause });
}

/** `Central` on noble, which has no timeouts of its own: every wait on it is bounded here. */
class NobleCentral implements Central {
  readonly #loaded: LoadedNoble;
  readonly #channel: HciChannel;
  readonly #stop: AbortSignal;
  readonly #peripherals = new Map<string, NoblePeripheral>();
  #link: Link | undefined;
  #connectRejections = 0;

  /** @param stop ends every wait for the adapter. */
  constructor(loaded: LoadedNoble, channel: HciChannel, stop: AbortSignal) {
    this.#loaded = loaded;
    this.#channel = channel;
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
      // Not awaited. A shared adapter must not be left scanning.
      if (this.#stop.aborted && !failed.aborted) noble.stopScanning();
    }
  }

  async connect(address: string, options: ConnectOptions): Promise<Link> {
    const peripheral = this.#peripherals.get(address);
    if (!peripheral) throw new ClientError('peer', `${address} has not been seen by this adapter yet`);
    const { hci, failed } = this.#loaded;
    const { parameters, timeoutMs, stepTimeoutMs, signal } = options;
    try {
      await connectPeripheral(peripheral, { parameters, hci, timeoutMs, signal, adapterFailed: failed });
      this.#connectRejections = 0;
      options.onConnected?.();
      this.#link = await openLink(peripheral, { stepTimeoutMs, signal, adapterFailed: failed });
      return this.#link;
    } catch (error) {
      if (failed.aborted && !signal.aborted) throw adapterError(failed.reason);
      throw this.#isRejectedTooOften(error) ? rejectsConnections(error) : error;
    }
  }

  async close(): Promise<void> {
    try {
      await this.#link?.close();
    } finally {
      this.#loaded.close();
    }
  }

  /** Counts consecutive rejections of attempts to connect. */
  #isRejectedTooOften(error: unknown): boolean {
    const isRejected = error instanceof ClientError && error.code === 'connect_rejected';
    this.#connectRejections = isRejected ? this.#connectRejections + 1 : 0;
    return this.#connectRejections >= MAX_CONNECT_REJECTIONS[this.#channel];
  }

  /** @returns false if the adapter refuses. */
  async #startScan(): Promise<boolean> {
    const { noble, hci, failed } = this.#loaded;
    const statuses: number[] = [];
    await waitForAdapter({ what: 'Starting the scan', signals: [this.#stop, failed] }, (succeed) => {
      const onEvent = (status: number): void => {
        if (statuses.push(status) === SCAN_START_EVENTS) succeed();
      };
      hci.on('leScanEnableSet', onEvent);
      try {
        // Duplicates too: if the first scan response is lost, a filtered device would never be reported.
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
    await waitForAdapter({ what: 'Stopping the scan', signals: [this.#stop, failed] }, (succeed) => {
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
    rssi: rssi === RSSI_UNKNOWN ? undefined : rssi,
    ...(manufacturerData && { manufacturerData }),
    ...(miBeacon && { miBeacon }),
  };
}

/** Hides `aborted` from control flow analysis, which would assume that it cannot change across an await. */
function isAborted(signal: AbortSignal): boolean {
  return signal.aborted;
}
