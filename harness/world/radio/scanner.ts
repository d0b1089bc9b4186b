import type { AcceptList } from './accept-list.ts';
import type { Air } from './air.ts';
import type { Device } from './device.ts';
import type { DeviceAddress } from './device-address.ts';
import { advertisingReport, SCAN_RESPONSE } from './events.ts';
import type { HostPort } from './host-port.ts';
import type { OwnAddresses } from './own-addresses.ts';
import type { ScanParameters } from './parameters.ts';

/** Parameters before the host sets any. */
const DEFAULT: ScanParameters = { active: false, addressType: 'public', acceptListOnly: false };

export interface ScannerOptions {
  readonly air: Air;
  readonly host: HostPort;
  readonly addresses: OwnAddresses;
  readonly acceptList: AcceptList;
}

/** Reports received advertisements to the host while the host scans. */
export class Scanner {
  parameters = DEFAULT;
  readonly #options: ScannerOptions;
  #isEnabled = false;
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
  receive({ advertiser, rssi }: Device): void {
    if (!this.#isEnabled) return;
    const { air, acceptList, addresses } = this.#options;
    const { address } = advertiser;
    if (this.parameters.acceptListOnly && !acceptList.has(address)) return;
    this.#report(advertiser.type, address, advertiser.advertisingData, rssi);
    const own = addresses.get(this.parameters.addressType);
    const isAnswered = this.parameters.active && own !== undefined && advertiser.answersScanRequest(own);
    // Request and response are two packets.
    if (isAnswered && !air.losesPacket() && !air.losesPacket())
      this.#report(SCAN_RESPONSE, address, advertiser.scanResponseData, rssi);
  }

  #report(type: number, from: DeviceAddress, data: Buffer, rssi: number): void {
    const key = `${type} ${from.type} ${from.address}`;
    if (this.#reported?.has(key)) return;
    this.#reported?.add(key);
    this.#options.host.notify(advertisingReport(type, from, data, rssi));
  }
}
