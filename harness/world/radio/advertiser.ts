import type { AcceptList } from './accept-list.ts';
import type { Air } from './air.ts';
import type { Advertisement, Device } from './device.ts';
import type { DeviceAddress } from './device-address.ts';
import type { OwnAddresses } from './own-addresses.ts';
import type { AdvertisingParameters } from './parameters.ts';

/** Units of the advertising interval in milliseconds. */
const INTERVAL_UNIT_MS = 0.625;
/** A random delay up to this is added to every advertising interval (Bluetooth Core Vol 6 Part B, 4.4.2.2). */
const MAX_ADVERTISING_DELAY_MS = 10;
const NO_DATA: Buffer = Buffer.alloc(0);

/** Types of advertising, as LE Set Advertising Parameters numbers them (Bluetooth Core Vol 4 Part E, 7.8.5). */
const TYPE = { connectable: 0, scannable: 2, nonConnectable: 3 } as const;

/** Parameters before the host sets any: an interval of 1.28 s, no filter. */
const DEFAULT: AdvertisingParameters = {
  interval: 0x0800,
  type: TYPE.connectable,
  addressType: 'public',
  acceptListOnly: { scan: false, connect: false },
};

export interface AdvertiserOptions {
  readonly air: Air;
  readonly device: Device;
  readonly addresses: OwnAddresses;
  readonly acceptList: AcceptList;
}

/** Legacy undirected advertising. */
export class Advertiser implements Advertisement {
  parameters = DEFAULT;
  advertisingData: Buffer = NO_DATA;
  scanResponseData: Buffer = NO_DATA;
  readonly #options: AdvertiserOptions;
  #isEnabled = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: AdvertiserOptions) {
    this.#options = options;
  }

  get isEnabled(): boolean {
    return this.#isEnabled;
  }

  get type(): number {
    return this.parameters.type;
  }

  get address(): DeviceAddress {
    const { addresses } = this.#options;
    return addresses.get(this.parameters.addressType) ?? addresses.identity;
  }

  get isConnectable(): boolean {
    return this.type === TYPE.connectable;
  }

  answersScanRequest(scanner: DeviceAddress): boolean {
    const { type, acceptListOnly } = this.parameters;
    return type !== TYPE.nonConnectable && (!acceptListOnly.scan || this.#options.acceptList.has(scanner));
  }

  /** Whether the filter policy permits a connection request of `central`. */
  acceptsConnection(central: DeviceAddress): boolean {
    return !this.parameters.acceptListOnly.connect || this.#options.acceptList.has(central);
  }

  enable(enabled: boolean): void {
    const { air, device } = this.#options;
    if (enabled !== this.#isEnabled) air.report({ type: 'advertising', by: device, on: enabled });
    this.#isEnabled = enabled;
    this.refresh();
  }

  /** Stops, and discards everything that the host has set. */
  reset(): void {
    this.enable(false);
    this.advertisingData = this.scanResponseData = NO_DATA;
    this.parameters = DEFAULT;
  }

  refresh(): void {
    const { air, device } = this.#options;
    const [receiver] = this.#isEnabled ? air.receiversOf(device) : [];
    if (receiver && this.#timer === undefined) this.#arm();
    if (!receiver && this.#timer !== undefined) {
      clearTimeout(this.#timer);
      this.#timer = undefined;
    }
  }

  #arm(): void {
    const { interval } = this.parameters;
    const delayMs = interval * INTERVAL_UNIT_MS + this.#options.air.random() * MAX_ADVERTISING_DELAY_MS;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#advertise();
      this.refresh();
    }, Math.ceil(delayMs));
  }

  #advertise(): void {
    const { air, device } = this.#options;
    for (const receiver of air.receiversOf(device)) {
      if (!this.#isEnabled) return;
      if (!air.losesAdvertisingPacket()) receiver.receiveAdvertisement(device);
    }
  }
}
