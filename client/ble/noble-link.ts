import type { NobleCharacteristic, NoblePeripheral, NobleService } from '../../hci/noble.ts';
import { NORDIC_UART, normalizeUuid, XIAOMI } from '../../protocol/gatt.ts';
import { ClientError } from '../errors.ts';
import { within, type Bounds } from '../wait.ts';
import { disconnectPeripheral } from './connection.ts';
import type { Link } from './central.ts';

const SERVICES = [NORDIC_UART.service, XIAOMI.service].map(normalizeUuid);

export interface LinkOptions {
  /** How long one answer of the scooter may take. */
  readonly stepTimeoutMs: number;
  /** Aborts when the client is to stop. */
  readonly signal: AbortSignal;
  /** Aborts when the adapter is gone, and every link with it. */
  readonly adapterFailed: AbortSignal;
}

/** Discovers what a connected scooter offers; hangs up when that fails. */
export async function openLink(peripheral: NoblePeripheral, options: LinkOptions): Promise<Link> {
  const link = new NobleLink(peripheral, options);
  try {
    await link.discover();
    return link;
  } catch (error) {
    await link.close();
    throw error;
  }
}

/** noble's characteristics are stale after a reconnect: every link discovers its own. */
class NobleLink implements Link {
  readonly #peripheral: NoblePeripheral;
  readonly #options: LinkOptions;
  readonly #characteristics = new Map<string, NobleCharacteristic>();
  /** The same, as far as they were asked for, under the names that they were asked for by. */
  readonly #characteristicByUuid = new Map<string, NobleCharacteristic>();
  readonly #ended = new AbortController();

  constructor(peripheral: NoblePeripheral, options: LinkOptions) {
    this.#peripheral = peripheral;
    this.#options = options;
    peripheral.once('disconnect', this.#onDisconnect);
    options.adapterFailed.addEventListener('abort', this.#onAdapterFailed);
    if (options.adapterFailed.aborted) this.#onAdapterFailed();
    else if (peripheral.state !== 'connected') this.#onDisconnect();
  }

  get ended(): AbortSignal {
    return this.#ended.signal;
  }

  has(uuid: string): boolean {
    return this.#characteristics.has(normalizeUuid(uuid));
  }

  async discover(): Promise<void> {
    for (const service of (await this.#discoverServices()).filter(({ uuid }) =>
      SERVICES.includes(normalizeUuid(uuid)),
    )) {
      for (const characteristic of await this.#discoverCharacteristics(service)) {
        this.#characteristics.set(normalizeUuid(characteristic.uuid), characteristic);
      }
    }
  }

  async subscribe(uuid: string, onData: (data: Buffer) => void): Promise<() => void> {
    const characteristic = this.#characteristic(uuid);
    characteristic.on('data', onData);
    const unsubscribe = (): unknown => characteristic.off('data', onData);
    try {
      await within<void>(this.#bounds('Subscribing to the scooter'), (succeed, fail) => {
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
    // The peripheral is shared by all links to this device: an old link must not write on a new one.
    if (this.ended.aborted || this.#peripheral.state !== 'connected') return;
    this.#characteristic(uuid).write(data, true);
  }

  /** @throws ClientError `adapter` where noble never hears of the end: it counts the link's buffers as taken for good. */
  async close(): Promise<void> {
    const { signal, stepTimeoutMs, adapterFailed } = this.#options;
    const isDown =
      this.ended.aborted ||
      (await disconnectPeripheral(this.#peripheral, { timeoutMs: stepTimeoutMs, signal, adapterFailed }));
    this.#onDisconnect();
    if (!isDown && !signal.aborted) {
      throw new ClientError('adapter', 'The Bluetooth adapter does not confirm the end of a connection');
    }
  }

  #discoverServices(): Promise<NobleService[]> {
    return within<NobleService[]>(this.#bounds('Discovering the services of the scooter'), (succeed) => {
      // Not by noble's callback: it would stay on the peripheral where the link ends first.
      this.#peripheral.once('servicesDiscover', succeed);
      this.#peripheral.discoverServices([]);
      return () => this.#peripheral.off('servicesDiscover', succeed);
    });
  }

  #discoverCharacteristics(service: NobleService): Promise<NobleCharacteristic[]> {
    const bounds = this.#bounds('Discovering the characteristics of the scooter');
    return within<NobleCharacteristic[]>(bounds, (succeed, fail) => {
      service.discoverCharacteristics([], (error, found) => settle(error, () => succeed(found), fail));
      return undefined;
    });
  }

  #bounds(what: string): Bounds {
    const { stepTimeoutMs, signal } = this.#options;
    return { timeoutMs: stepTimeoutMs, what, signals: [signal, this.ended] };
  }

  #characteristic(uuid: string): NobleCharacteristic {
    const found = this.#characteristicByUuid.get(uuid) ?? this.#characteristics.get(normalizeUuid(uuid));
    if (!found) throw new ClientError('unsupported_scooter', `The scooter has no characteristic ${uuid}`);
    this.#characteristicByUuid.set(uuid, found);
    return found;
  }

  readonly #onDisconnect = (): void =>
    this.#end(new ClientError('link_lost', 'The connection to the scooter is gone'));

  readonly #onAdapterFailed = (): void =>
    this.#end(
      new ClientError('adapter', 'The Bluetooth adapter is gone', {
        cause: this.#options.adapterFailed.reason,
      }),
    );

  #end(reason: ClientError): void {
    this.#peripheral.off('disconnect', this.#onDisconnect);
    this.#options.adapterFailed.removeEventListener('abort', this.#onAdapterFailed);
    for (const characteristic of this.#characteristics.values()) characteristic.removeAllListeners();
    this.#ended.abort(reason);
  }
}

/** noble rejects with strings in places. */
function settle(error: unknown, succeed: () => void, fail: (error: Error) => void): void {
  if (error === null || error === undefined) succeed();
  else fail(error instanceof Error ? error : new ClientError('peer', JSON.stringify(error)));
}
