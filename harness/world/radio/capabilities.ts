/** Sets bits of a field, counted from the least significant bit of its first byte. */
function bitField(bytes: number, bits: readonly number[]): Buffer {
  const field = Buffer.alloc(bytes);
  for (const bit of bits) field.writeUInt8(field.readUInt8(bit >> 3) | (1 << (bit & 7)), bit >> 3);
  return field;
}

const range = (first: number, last: number): number[] =>
  Array.from({ length: last - first + 1 }, (_, index) => first + index);

/** Bluetooth 5.0, and the manufacturer value for internal use (Bluetooth Core Vol 4 Part E, 7.4.1). */
export const VERSION = { core: 9, revision: 0, manufacturer: 0xffff, subversion: 0 } as const;

/** ACL buffers of the controller; 27 bytes is the length that every LE controller supports. */
export const ACL_BUFFERS = { bytes: 27, count: 8 } as const;

/** Number of devices that the filter accept list can hold. */
export const ACCEPT_LIST_SIZE = 8;

export const TX_POWER_DBM = 0;

/** LMP features: BR/EDR Not Supported, LE Supported (Bluetooth Core Vol 2 Part C, 3.3). */
export const LMP_FEATURES = bitField(8, [37, 38]);

/** LE features: LE Encryption, Peripheral-initiated Features Exchange (Bluetooth Core Vol 6 Part B, 4.6). */
export const LE_FEATURES = bitField(8, [0, 3]);

/** All states and combinations (Bluetooth Core Vol 4 Part E, 7.8.27) except those with directed advertising. */
export const LE_STATES = bitField(8, [
  ...range(0, 2),
  ...range(4, 10),
  ...range(12, 14),
  ...range(16, 28),
  ...[32, 35, 38, 41],
]);

/** The result of Read Local Supported Commands with these bits set. */
export function supportedCommands(bits: readonly (readonly [octet: number, bit: number])[]): Buffer {
  return bitField(
    64,
    bits.map(([octet, bit]) => octet * 8 + bit),
  );
}
