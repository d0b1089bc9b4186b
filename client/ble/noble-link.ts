import type { NobleCharacteristic, NoblePeripheral, NobleService } from '../../hci/noble.ts';
import { NORDIC_UART, normalizeUuid, XIAOMI } from '../../protocol/gatt.ts';
import { ClientError } from '../errors.ts';
import { within, type WaitOptions } from '../wait.ts';
import { disconnectPeripheral } from './connection.ts';
import type { Link } from './central.ts';

const SERVICES = [NORDIC_UART.service, XIAOMI.service].map(normalizeUuid);

/** Number of steps of the discovery of a scooter: its services, and the characteristics of the two that are used. */
const DISCOVERY_STEPS = 1 + SERVICES.length;

export interface LinkOptions {
  /** The longest wait for one response of the scooter. */
  readonly stepTimeoutMs: number;
  /** Aborts when the client stops. */
  readonly signal: AbortSignal;
  /** Aborts when the adapter fails, which ends every link. */
  readonly adapterFailed: AbortSignal;
}

/** Discovers the services of a connected scooter; disconnects if that fails. */
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

/** `Link` on noble, whose characteristics are stale after a reconnect: every link discovers its own. */
class NobleLink implements Link {
  readonly #peripheral: NoblePeripheral;
  readonly #options: LinkOptions;
  readonly #characteristics = new Map<string, NobleCharacteristic>();
  /** Cache by UUID as the caller writes it: shortening the UUID on every write would cost time. */
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

  /** Discovers the characteristics. Bounded as a whole, since a peer may list a service any number of times. */
  async discover(): Promise<void> {
    const deadlineMs = performance.now() + DISCOVERY_STEPS * this.#options.stepTimeoutMs;
    for (const service of (await this.#discoverServices()).filter(({ uuid }) =>
      SERVICES.includes(normalizeUuid(uuid)),
    )) {
      for (const characteristic of await this.#discoverCharacteristics(service, deadlineMs)) {
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

  read(uuid: string): Promise<Buffer> {
    const characteristic = this.#characteristic(uuid);
    return within<Buffer>(this.#bounds('Reading a characteristic of the scooter'), (succeed, fail) => {
      // noble reports a refusal by the scooter as an empty value.
      characteristic.read((error, data) => settle(error, () => succeed(data), fail));
      return undefined;
    });
  }

  write(uuid: string, data: Buffer): void {
    // All links to this device share the peripheral: an old link must not write on a newer connection.
    if (this.ended.aborted || this.#peripheral.state !== 'connected') return;
    const characteristic = this.#characteristic(uuid);
    characteristic.write(data, !needsResponse(characteristic));
  }

  /** @throws ClientError `adapter` if the disconnect is not confirmed: noble would never free the link's ACL buffers. */
  async close(): Promise<void> {
    const { signal, stepTimeoutMs, adapterFailed } = this.#options;
    const isDown =
      this.ended.aborted ||
      (await disconnectPeripheral(this.#peripheral, { timeoutMs: stepTimeoutMs, signal, adapterFailed }));
    this.#onDisconnect();
    if (!isDown && !signal.aborted) {
      throw new ClientError('adapter', 'The Bluetooth adapter does not confirm the disconnect');
    }
  }

  #discoverServices(): Promise<NobleService[]> {
    return within<NobleService[]>(this.#bounds('Discovering the services of the scooter'), (succeed) => {
      // Not with noble's callback: it would stay on the peripheral if the link ends first.
      this.#peripheral.once('servicesDiscover', succeed);
      this.#peripheral.discoverServices([]);
      return () => this.#peripheral.off('servicesDiscover', succeed);
    });
  }

  async #discoverCharacteristics(service: NobleService, deadlineMs: number): Promise<NobleCharacteristic[]> {
    const bounds = this.#bounds('Discovering the characteristics of the scooter');
    const remainingMs = deadlineMs - performance.now();
    if (remainingMs <= 0) throw new ClientError('timeout', `${bounds.what} took too long`);
    return await within<NobleCharacteristic[]>(
      { ...bounds, timeoutMs: Math.min(bounds.timeoutMs, remainingMs) },
      (succeed, fail) => {
        service.discoverCharacteristics([], (error, found) => settle(error, () => succeed(found), fail));
        return undefined;
      },
    );
  }

  #bounds(what: string): WaitOptions {
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
    this.#end(new ClientError('link_lost', 'The connection to the scooter was lost'));

  readonly #onAdapterFailed = (): void =>
    this.#end(
      new ClientError('adapter', 'The Bluetooth adapter failed', {
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

/** Whether a characteristic takes only writes with response; the faster writes without response are preferred. */
function needsResponse({ properties }: NobleCharacteristic): boolean {
  return properties.includes('write') && !properties.includes('writeWithoutResponse');
}

/** Settles a noble callback, whose error is sometimes a string. */
function settle(error: unknown, succeed: () => void, fail: (error: Error) => void): void {
  if (error === null || error === undefined) succeed();
  else fail(error instanceof Error ? error : new ClientError('peer', JSON.stringify(error)));
}
