import type { DeviceAddress } from './device-address.ts';

/** The type of its own address that a host selects: the built-in one, or the random one that it has set. */
export type AddressType = DeviceAddress['type'];

/** The addresses that a device uses for itself. */
export class OwnAddresses {
  /** The built-in address; the virtual scooters have a static random one. */
  readonly identity: DeviceAddress;
  /** Set by the host with LE Set Random Address. */
  random: DeviceAddress | undefined;

  constructor(identity: DeviceAddress) {
    this.identity = identity;
  }

  /** @returns undefined if the host selects a random address without having set one. */
  get(type: AddressType): DeviceAddress | undefined {
    return type === 'public' ? this.identity : this.random;
  }
}
