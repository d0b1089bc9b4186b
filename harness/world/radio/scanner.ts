import type { Controller } from './controller.ts';
import { advertisingReport, SCAN_RESPONSE, type DeviceAddress } from './events.ts';
import type { ScanParameters } from './parameters.ts';

/** What a controller scans with unless told otherwise. */
const DEFAULT: ScanParameters = { active: false, own: 'public', onlyAccepted: false };

/** The scanning side of a controller: what it tells its host of the advertisements that it hears. */
export class Scanner {
  parameters = DEFAULT;
  readonly #controller: Controller;
  #enabled = false;
  /** Reports already given, where the host asked to hear each only once. */
  #reported: Set<string> | undefined;

  constructor(controller: Controller) {
    this.#controller = controller;
  }

  get enabled(): boolean {
    return this.#enabled;
  }

  /** Begins, or begins anew to leave out what was reported before. */
  enable(filterDuplicates: boolean): void {
    this.#enabled = true;
    this.#reported = filterDuplicates ? new Set() : undefined;
  }

  disable(): void {
    this.#enabled = false;
  }

  /** Stops, and forgets what the host has set. */
  reset(): void {
    this.disable();
    this.parameters = DEFAULT;
  }

  /** Hears one advertisement of `peer`, and its scan response where that is asked for. */
  hear({ advertiser, rssi }: Controller): void {
    if (!this.#enabled) return;
    const { air, acceptList } = this.#controller;
    const { address } = advertiser;
    if (this.parameters.onlyAccepted && !acceptList.has(address)) return;
    this.#report(advertiser.type, address, advertiser.advertisement, rssi);
    const own = this.#controller.ownAddress(this.parameters.own);
    const asks = this.parameters.active && own !== undefined && advertiser.answersScans(own);
    if (asks && !air.loses() && !air.loses())
      this.#report(SCAN_RESPONSE, address, advertiser.scanResponse, rssi);
  }

  #report(kind: number, from: DeviceAddress, data: Buffer, rssi: number): void {
    const key = `${kind} ${from.type} ${from.address}`;
    if (this.#reported?.has(key)) return;
    this.#reported?.add(key);
    this.#controller.notify(advertisingReport(kind, from, data, rssi));
  }
}
