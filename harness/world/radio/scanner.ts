import type { AcceptList } from './accept-list.ts';
import type { Air } from './air.ts';
import type { Device } from './device.ts';
import type { DeviceAddress } from './device-address.ts';
import { advertisingReport, SCAN_RESPONSE } from './events.ts';
import type { HostPort } from './host-port.ts';
import type { OwnAddresses } from './own-addresses.ts';
import type { ScanParameters } from './parameters.ts';

/** Parameters before the host sets any: a window of 10 ms in every 10 ms (Bluetooth Core Vol 4 Part E, 7.8.10). */
const DEFAULT: ScanParameters = {
  active: false,
  interval: 0x0010,
  window: 0x0010,
  addressType: 'public',
  acceptListOnly: false,
};

export interface ScannerOptions {
  readonly air: Air;
  readonly device: Device;
  readonly host: HostPort;
  readonly addresses: OwnAddresses;
  readonly acceptList: AcceptList;
}

/** Reports received advertisements to the host while the host scans. */
export class Scanner {
  parameters = DEFAULT;
  readonly #options: ScannerOptions;
  #isEnabled = false;
  #enabledMs = 0;
  /** Keys of what was reported already; only if the controller filters duplicates. */
  #reported: Set<string> | undefined;

  constructor(options: ScannerOptions) {
    this.#options = options;
  }

  get isEnabled(): boolean {
    return this.#isEnabled;
  }

  /** Starts a scan, or restarts the filter of duplicates. */
  enable(filterDuplicates: boolean): void {
    if (!this.#isEnabled) this.#enabledMs = performance.now();
    this.#isEnabled = true;
    this.#reported = filterDuplicates ? new Set() : undefined;
  }

  disable(): void {
    this.#isEnabled = false;
  }

  /** Stops, and discards everything that the host has set. */
  reset(): void {
    this.disable();
    this.parameters = DEFAULT;
  }

  /** Reports one advertisement, and its scan response if the scan is active. */
  receive(from: Device): void {
    const { air, acceptList, addresses, device } = this.#options;
    if (!this.#isEnabled || !air.isInWindow(this.parameters, this.#enabledMs)) return;
    const { advertiser, rssi } = from;
    const { address } = advertiser;
    if (this.parameters.acceptListOnly && !acceptList.has(address)) return;
    this.#report(advertiser.type, address, advertiser.advertisingData, rssi);
    const own = addresses.get(this.parameters.addressType);
    const isAnswered =
      this.parameters.active &&
      own !== undefined &&
      advertiser.answersScanRequest(own) &&
      air.reaches(device, from);
    // Request and response are two packets.
    if (isAnswered && !air.losesAdvertisingPacket() && !air.losesAdvertisingPacket())
      this.#report(SCAN_RESPONSE, address, advertiser.scanResponseData, rssi);
  }

  #report(type: number, from: DeviceAddress, data: Buffer, rssi: number): void {
    const key = `${type} ${from.type} ${from.address}`;
    if (this.#reported?.has(key)) return;
    this.#reported?.add(key);
    this.#options.host.notify(advertisingReport(type, from, data, rssi));
  }
}
