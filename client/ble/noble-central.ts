import type { Adapter } from '../../hci/adapter.ts';
import { loadNoble, type LoadedNoble, type NoblePeripheral } from '../../hci/noble.ts';
import { shortUuid, XIAOMI } from '../../protocol/gatt.ts';
import { ClientError } from '../errors.ts';
import { within } from '../wait.ts';
import type { Central, Link, LinkParameters, SeenDevice } from './central.ts';
import { connectPeripheral } from './attempt.ts';
import { openLink } from './noble-link.ts';

/** The longest that a healthy adapter takes to come up, or to start or stop a scan. */
const ADAPTER_TIMEOUT_MS = 5_000;

/** Opens the adapter and waits until it can be used. */
export async function openCentral(adapter: Adapter, signal: AbortSignal): Promise<Central> {
  const loaded = load(adapter);
  try {
    await poweredOn(loaded, signal);
  } catch (error) {
    loaded.close();
    throw error;
  }
  return new NobleCentral(loaded);
}

function load(adapter: Adapter): LoadedNoble {
  try {
    return loadNoble(adapter);
  } catch (cause) {
    throw new ClientError('adapter', cause instanceof Error ? cause.message : String(cause), { cause });
  }
}

async function poweredOn({ noble }: LoadedNoble, signal: AbortSignal): Promise<void> {
  if (noble.state === 'poweredOn') return;
  const what = 'Waiting for the Bluetooth adapter to come up';
  await within<void>({ timeoutMs: ADAPTER_TIMEOUT_MS, what, signals: [signal] }, (succeed, fail) => {
    const onState = (state: string): void => {
      if (state === 'poweredOn') succeed();
      if (state === 'unsupported' || state === 'unauthorized') {
        fail(new ClientError('adapter', `The Bluetooth adapter is ${state}`));
      }
    };
    noble.on('stateChange', onState);
    return () => noble.off('stateChange', onState);
  });
}

/** `Central` on noble, which has no timeouts of its own: every wait for it is bounded here. */
class NobleCentral implements Central {
  readonly #loaded: LoadedNoble;
  readonly #known = new Map<string, NoblePeripheral>();
  #link: Link | undefined;

  constructor(loaded: LoadedNoble) {
    this.#loaded = loaded;
  }

  async scan(onSeen: (device: SeenDevice) => void, signal: AbortSignal): Promise<void> {
    if (signal.aborted) return;
    const { noble } = this.#loaded;
    const onDiscover = (peripheral: NoblePeripheral): void => {
      const device = seen(peripheral);
      this.#known.set(device.address, peripheral);
      onSeen(device);
    };
    noble.on('discover', onDiscover);
    try {
      // Repeated reports too: where the first scan response is lost, a filtered device would never show up.
      await this.#scanChange('scanStart', () => noble.startScanning([], true));
      await aborted(signal);
    } finally {
      noble.off('discover', onDiscover);
      await this.#scanChange('scanStop', () => noble.stopScanning());
    }
  }

  knows(address: string): boolean {
    return this.#known.has(address);
  }

  async connect(
    address: string,
    options: { parameters: LinkParameters; timeoutMs: number; signal: AbortSignal },
  ): Promise<Link> {
    const peripheral = this.#known.get(address);
    if (!peripheral) throw new ClientError('peer', `${address} has not been seen by this adapter yet`);
    const deadlineMs = performance.now() + options.timeoutMs;
    await connectPeripheral(peripheral, options);
    this.#link = await openLink(peripheral, {
      timeoutMs: Math.max(0, deadlineMs - performance.now()),
      signal: options.signal,
    });
    return this.#link;
  }

  async close(): Promise<void> {
    await this.#link?.close();
    this.#loaded.close();
  }

  async #scanChange(event: 'scanStart' | 'scanStop', change: () => void): Promise<void> {
    const { noble } = this.#loaded;
    const what = event === 'scanStart' ? 'Starting the scan' : 'Stopping the scan';
    await within<void>({ timeoutMs: ADAPTER_TIMEOUT_MS, what }, (succeed) => {
      noble.once(event, succeed);
      change();
      return () => noble.off(event, succeed);
    });
  }
}

function seen({ address, rssi, advertisement }: NoblePeripheral): SeenDevice {
  const { localName, manufacturerData, serviceData = [] } = advertisement;
  const miBeacon = serviceData.find(({ uuid }) => shortUuid(uuid) === shortUuid(XIAOMI.service))?.data;
  return {
    address,
    name: localName,
    rssi,
    ...(manufacturerData && { manufacturerData }),
    ...(miBeacon && { miBeacon }),
  };
}

/** Resolves once `signal` aborts. */
function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
