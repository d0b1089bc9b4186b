/** The address of a Bluetooth device. */
export interface DeviceAddress {
  /** Lower-case hexadecimal with colons: `c8:f0:9e:00:00:01`. */
  readonly address: string;
  readonly type: 'public' | 'random';
}

export function isSameDevice(a: DeviceAddress, b: DeviceAddress): boolean {
  return a.address === b.address && a.type === b.type;
}

/** Six bytes, least significant byte first, as HCI carries an address. */
export function encodeAddress(address: string): Buffer {
  return Buffer.from(address.replaceAll(':', ''), 'hex').reverse();
}

export function decodeAddress(bytes: Buffer): string {
  return [...bytes]
    .reverse()
    .map((byte) => byte.toString(16).padStart(2, '0'))
    .join(':');
}
