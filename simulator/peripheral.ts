import type { OnLibraryProblem } from '../hci/library-problem.ts';
import { type Adapter, AdapterError, OPEN_TIMEOUT_MS } from '../hci/adapter.ts';
import { nameOf, stateAdvice } from '../hci/advice.ts';
import { type Bleno, type BlenoCharacteristicOptions, type LoadedBleno, loadBleno } from '../hci/bleno.ts';
import { type Advertised, type Generation, encodeAdvertisement } from '../protocol/advertisement.ts';
import { ATT_PAYLOAD_BYTES, normalizeUuid } from '../protocol/gatt.ts';
import type { Channel } from './firmware/channel.ts';
import type { Firmware } from './firmware/firmware.ts';
import { type ConstantName, GATT_SERVICES, KEY_SERVICE } from './gatt-services.ts';

/** Scooters use the default ATT MTU: the payload plus a 3-byte header. */
const ATT_MTU = ATT_PAYLOAD_BYTES + 3;
const ATT_SUCCESS = 0;
/** Size of the value of `XIAOMI.firmwareVersion`. */
const VERSION_BYTES = 20;

/** Address of a controller that has no public one. */
const NO_ADDRESS = '00:00:00:00:00:00';

const DEFAULT_RETURN_DELAY_MS = 1000;
const DEFAULT_START_TIMEOUT_MS = 10_000;

export interface PeripheralOptions {
  readonly adapter: Adapter;
  /** Its notifications must be passed to `notify`. */
  readonly firmware: Firmware;
  /** The address in its MiBeacon is replaced by that of the controller, unless that has none. */
  readonly advertised: Advertised;
  /** At most 20 ASCII characters. */
  readonly firmwareVersion: string;
  /** Time that it does not advertise after a disconnect. */
  readonly returnDelayMs?: number;
  /** Receives what bleno prints, throws or cannot parse; by default what it throws ends the process. */
  readonly onLibraryProblem?: OnLibraryProblem;
}

export interface StartOptions {
  /** Time limit for the adapter to advertise once it is open. */
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
}

/** Bluetooth peripheral of a scooter: serves one app at a time, and advertises while none is connected. */
export class ScooterPeripheral {
  readonly #firmware: Firmware;
  readonly #loaded: LoadedBleno;
  readonly #advertised: Advertised;
  readonly #returnDelayMs: number;
  /** Notify functions of the channels that the app has subscribed to. */
  readonly #notifiers = new Map<Channel, (bytes: Buffer) => void>();
  #isConnected = false;
  #returnTimer: NodeJS.Timeout | undefined;
  #deadlineTimer: NodeJS.Timeout | undefined;

  private constructor(options: PeripheralOptions) {
    const { adapter, firmware, advertised, firmwareVersion, returnDelayMs, onLibraryProblem } = options;
    this.#firmware = firmware;
    this.#returnDelayMs = returnDelayMs ?? DEFAULT_RETURN_DELAY_MS;
    this.#advertised = advertised;
    encodeAdvertisement(advertised); // Throws before anything is opened.
    this.#loaded = loadBleno(adapter, { maxMtu: ATT_MTU }, onLibraryProblem);
    const { bleno } = this.#loaded;
    bleno.setServices(this.#services(bleno, advertised.generation, firmwareVersion));
    bleno.on('stateChange', () => this.#onStateChange());
    bleno.on('accept', () => this.#onAccept());
    bleno.on('disconnect', () => this.#onDisconnect());
    bleno.on('advertisingStartError', () => this.#advertiseLater());
    this.#onStateChange();
  }

  /**
   * Starts bleno, and resolves once the scooter advertises.
   * @throws AdapterError if the adapter is not usable in time; the reason of `signal`; ProtocolError `length` if the
   *   name is too long for an advertisement; any error of the adapter's socket.
   */
  static async start(
    options: PeripheralOptions,
    { timeoutMs = DEFAULT_START_TIMEOUT_MS, signal }: StartOptions = {},
  ): Promise<ScooterPeripheral> {
    signal?.throwIfAborted();
    const peripheral = new ScooterPeripheral(options);
    try {
      await waitForAdvertising(peripheral.#loaded, options.adapter, timeoutMs, signal);
      return peripheral;
    } catch (error) {
      peripheral.close();
      throw error;
    }
  }

  /** Aborts with an AdapterError when the adapter fails; the peripheral is of no use then. */
  get failed(): AbortSignal {
    return this.#loaded.failed;
  }

  /** Notifies the app; has no effect, as on a real scooter, if the app has not subscribed. */
  notify(channel: Channel, bytes: Buffer): void {
    this.#notifiers.get(channel)?.(bytes);
  }

  /** Presses the power button. */
  pressButton(): void {
    this.#callFirmware((nowMs) => this.#firmware.pressButton(nowMs));
  }

  /** Stops without disconnecting, as at a power loss, and releases all resources. */
  close(): void {
    this.#loaded.close();
    this.#endConnection();
    clearTimeout(this.#returnTimer);
  }

  #services(bleno: Bleno, generation: Generation, firmwareVersion: string): object[] {
    const version = Buffer.alloc(VERSION_BYTES);
    version.write(firmwareVersion, 'latin1');
    const constants: Readonly<Record<ConstantName, Buffer>> = {
      firmwareVersion: version,
      xorKey: this.#firmware.xorKey,
    };
    const services = [...GATT_SERVICES[generation], ...(this.#firmware.offersXorKey ? [KEY_SERVICE] : [])];
    return services.map(
      ({ uuid, characteristics }) =>
        new bleno.PrimaryService({
          uuid: normalizeUuid(uuid),
          characteristics: characteristics.map(
            ({ uuid, properties, channel, constant }) =>
              new bleno.Characteristic({
                uuid: normalizeUuid(uuid),
                properties,
                ...(channel && this.#handlers(channel)),
                ...(constant && { value: constants[constant] }),
              }),
          ),
        }),
    );
  }

  #handlers(channel: Channel): Partial<BlenoCharacteristicOptions> {
    return {
      onWriteRequest: (data, _offset, _withoutResponse, respond) => {
        respond(ATT_SUCCESS);
        this.#callFirmware((nowMs) => this.#firmware.onWrite(channel, data, nowMs));
      },
      onSubscribe: (_maxValueSize, update) => this.#notifiers.set(channel, update),
      onUnsubscribe: () => this.#notifiers.delete(channel),
    };
  }

  #onStateChange(): void {
    if (this.#loaded.bleno.state === 'poweredOn') {
      this.#advertise();
    } else {
      // bleno emits no `disconnect` if the adapter loses power.
      this.#endConnection();
      clearTimeout(this.#returnTimer);
    }
  }

  #onAccept(): void {
    // bleno would otherwise advertise again immediately on disconnect.
    this.#loaded.bleno.stopAdvertising();
    clearTimeout(this.#returnTimer);
    this.#isConnected = true;
    this.#callFirmware((nowMs) => this.#firmware.connected(nowMs));
    const { connectionParameters } = this.#firmware;
    if (connectionParameters) this.#loaded.requestParameters(connectionParameters);
  }

  #onDisconnect(): void {
    this.#endConnection();
    this.#advertiseLater();
  }

  #endConnection(): void {
    // Calling a notify function of an earlier connection would stop all notifications of bleno.
    this.#notifiers.clear();
    if (!this.#isConnected) return;
    this.#isConnected = false;
    this.#callFirmware((nowMs) => this.#firmware.disconnected(nowMs));
  }

  #advertise(): void {
    const { bleno } = this.#loaded;
    const { advertisement, scanResponse } = encodeAdvertisement(withAddress(this.#advertised, bleno.address));
    bleno.startAdvertisingWithEIRData(advertisement, scanResponse);
  }

  #advertiseLater(): void {
    clearTimeout(this.#returnTimer);
    this.#returnTimer = setTimeout(() => this.#advertise(), this.#returnDelayMs);
  }

  /** Calls the firmware, and reschedules its deadline, which every call may change. */
  #callFirmware(act: (nowMs: number) => void): void {
    act(performance.now());
    clearTimeout(this.#deadlineTimer);
    const { nextDeadlineMs } = this.#firmware;
    if (nextDeadlineMs === undefined) return;
    this.#deadlineTimer = setTimeout(
      () => this.#callFirmware((nowMs) => this.#firmware.onDeadline(nowMs)),
      Math.max(0, Math.ceil(nextDeadlineMs - performance.now())),
    );
  }
}

/** Replaces the address in the MiBeacon by that of the controller, which centrals see. */
function withAddress(advertised: Advertised, address: string): Advertised {
  const { miBeacon } = advertised;
  return miBeacon && address !== NO_ADDRESS
    ? { ...advertised, miBeacon: { ...miBeacon, mac: address } }
    : advertised;
}

/** Resolves once bleno advertises. */
function waitForAdvertising(
  { bleno, opened, failed }: LoadedBleno,
  adapter: Adapter,
  timeoutMs: number,
  signal: AbortSignal | undefined,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const settle = (finish: () => void): void => {
      clearTimeout(timer);
      bleno.off('advertisingStart', onAdvertising);
      bleno.off('advertisingStartError', onRefused);
      bleno.off('stateChange', onState);
      opened.removeEventListener('abort', onOpened);
      failed.removeEventListener('abort', onFailed);
      signal?.removeEventListener('abort', onAbort);
      finish();
    };
    const fail = (error: Error): void => settle(() => reject(error));
    const failAfter = (ms: number): NodeJS.Timeout =>
      setTimeout(() => fail(notAdvertising(bleno.state, nameOf(adapter), ms)), ms);
    const onAdvertising = (): void => settle(resolve);
    const onRefused = (cause: Error): void =>
      fail(
        new AdapterError(`The Bluetooth adapter ${nameOf(adapter)} cannot advertise: ${cause.message}`, {
          cause,
        }),
      );
    const onState = (state: string): void => {
      if (state !== 'poweredOn') fail(stateAdvice(state, nameOf(adapter), adapter.channel));
    };
    const onOpened = (): void => {
      clearTimeout(timer);
      timer = failAfter(timeoutMs);
    };
    const onFailed = (): void => fail(failed.reason as AdapterError);
    const onAbort = (): void => {
      const reason: unknown = signal?.reason;
      fail(reason instanceof Error ? reason : new Error('The start was aborted', { cause: reason }));
    };
    let timer = failAfter(opened.aborted ? timeoutMs : OPEN_TIMEOUT_MS);
    bleno.on('advertisingStart', onAdvertising);
    bleno.on('advertisingStartError', onRefused);
    bleno.on('stateChange', onState);
    opened.addEventListener('abort', onOpened, { once: true });
    failed.addEventListener('abort', onFailed, { once: true });
    signal?.addEventListener('abort', onAbort, { once: true });
    if (failed.aborted) onFailed();
    else if (bleno.state !== 'unknown') onState(bleno.state);
  });
}

function notAdvertising(state: string, name: string, timeoutMs: number): AdapterError {
  return new AdapterError(
    `The Bluetooth adapter ${name} is not advertising after ${timeoutMs / 1000} s (state: ${state}): ` +
      'check that it is plugged in, and that no other program uses it',
  );
}
