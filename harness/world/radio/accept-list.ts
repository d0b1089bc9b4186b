import { ACCEPT_LIST_SIZE } from './capabilities.ts';
import type { DeviceAddress } from './events.ts';

const keyOf = ({ address, type }: DeviceAddress): string => `${type} ${address}`;

/** The filter accept list of a controller, once called white list (Bluetooth Core Vol 4 Part E, 7.8.14 to 7.8.17). */
export class AcceptList {
  readonly #devices = new Set<string>();

  has(device: DeviceAddress): boolean {
    return this.#devices.has(keyOf(device));
  }

  /** @returns false where there is no room left; a device that is in it already needs none. */
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
