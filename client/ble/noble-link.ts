import type { NobleCharacteristic, NoblePeripheral, NobleService } from '../../hci/noble.ts';
import { NORDIC_UART, shortUuid, XIAOMI } from '../../protocol/gatt.ts';
import { ClientError } from '../errors.ts';
import { within, type Bounds } from '../wait.ts';
import { hangUp } from './attempt.ts';
import type { Link } from './central.ts';

const SERVICES = [NORDIC_UART.service, XIAOMI.service].map(shortUuid);
/** A write of the subscription descriptor is answered within a few connection events. */
const SUBSCRIBE_TIMEOUT_MS = 5_000;

interface OpenOptions {
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

/** Discovers what a connected scooter offers; hangs up when that fails. */
export async function openLink(peripheral: NoblePeripheral, options: OpenOptions): Promise<Link> {
  const link = new NobleLink(peripheral);
  try {
    await link.discover(options);
    return link;
  } catch (error) {
    await link.close();
    throw error;
  }
}

/** noble's characteristics are stale after a reconnect: every link discovers its own. */
class NobleLink implements Link {
  readonly #peripheral: NoblePeripheral;
  readonly #characteristics = new Map<string, NobleCharacteristic>();
  readonly #ended = new AbortController();

  constructor(peripheral: NoblePeripheral) {
    this.#peripheral = peripheral;
    peripheral.once('disconnect', this.#onDisconnect);
    if (peripheral.state !== 'connected') this.#onDisconnect();
  }

  get ended(): AbortSignal {
    return this.#ended.signal;
  }

  has(uuid: string): boolean {
    return this.#characteristics.has(shortUuid(uuid));
  }

  async discover({ timeoutMs, signal }: OpenOptions): Promise<void> {
    const bounds = {
      timeoutMs,
      what: 'Discovering the services of the scooter',
      signals: [signal, this.ended],
    };
    const services = await within<NobleService[]>(bounds, (succeed, fail) => {
      this.#peripheral.discoverServices([], (error, found) => settle(error, () => succeed(found), fail));
      return undefined;
    });
    for (const service of services.filter(({ uuid }) => SERVICES.includes(shortUuid(uuid)))) {
      for (const characteristic of await characteristicsOf(service, bounds)) {
        this.#characteristics.set(shortUuid(characteristic.uuid), characteristic);
      }
    }
  }

  async subscribe(uuid: string, onData: (data: Buffer) => void): Promise<() => void> {
    const characteristic = this.#characteristic(uuid);
    const bounds = {
      timeoutMs: SUBSCRIBE_TIMEOUT_MS,
      what: 'Subscribing to the scooter',
      signals: [this.ended],
    };
    characteristic.on('data', onData);
    const unsubscribe = (): unknown => characteristic.off('data', onData);
    try {
      await within<void>(bounds, (succeed, fail) => {
        characteristic.subscribe((error) => settle(error, succeed, fail));
        return undefined;
      });
    } catch (error) {
      unsubscribe();
      throw error;
    }
    return unsubscribe;
  }

  write(uuid: string, data: Buffer): void {
    if (this.#peripheral.state !== 'connected') return;
    this.#characteristic(uuid).write(data, true, () => undefined);
  }

  async close(): Promise<void> {
    await hangUp(this.#peripheral);
    this.#onDisconnect();
  }

  #characteristic(uuid: string): NobleCharacteristic {
    const found = this.#characteristics.get(shortUuid(uuid));
    if (!found) throw new ClientError('unsupported_scooter', `The scooter has no characteristic ${uuid}`);
    return found;
  }

  readonly #onDisconnect = (): void => {
    this.#peripheral.off('disconnect', this.#onDisconnect);
    for (const characteristic of this.#characteristics.values()) characteristic.removeAllListeners();
    this.#ended.abort(new ClientError('link_lost', 'The connection to the scooter is gone'));
  };
}

function characteristicsOf(service: NobleService, bounds: Bounds): Promise<NobleCharacteristic[]> {
  return within<NobleCharacteristic[]>(bounds, (succeed, fail) => {
    service.discoverCharacteristics([], (error, found) => settle(error, () => succeed(found), fail));
    return undefined;
  });
}

/** noble rejects with strings in places. */
function settle(error: unknown, succeed: () => void, fail: (error: Error) => void): void {
  if (error === null || error === undefined) succeed();
  else fail(error instanceof Error ? error : new ClientError('peer', JSON.stringify(error)));
}
