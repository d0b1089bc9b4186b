import { ACCEPT_LIST_SIZE } from './capabilities.ts';
import type { DeviceAddress } from './device-address.ts';

const keyOf = ({ address, type }: DeviceAddress): string => `${type} ${address}`;

/** The filter accept list of a controller, formerly white list (Bluetooth Core Vol 4 Part E, 7.8.14 to 7.8.17). */
export class AcceptList {
  readonly #devices = new Set<string>();

  has(device: DeviceAddress): boolean {
    return this.#devices.has(keyOf(device));
  }

  /** @returns false if the list is full and does not contain the device yet. */
  add(device: DeviceAddress): boolean {
    if (this.#devices.size >= ACCEPT_LIST_SIZE && !this.has(device)) return false;
    this.#devices.add(keyOf(device));
    return true;
  }

  remove(device: DeviceAddress): void {
    this.#devices.delete(keyOf(device));
  }

  clear(): void {
    this.#devices.clear();
  }
}
