/**
 * Nordic UART service, which carries register frames. `write` and `notify` are named from the app's point of view,
 * Nordic's RX and TX from the scooter's.
 */
export const NORDIC_UART = {
  service: '6e400001-b5a3-f393-e0a9-e50e24dcca9e',
  write: '6e400002-b5a3-f393-e0a9-e50e24dcca9e',
  notify: '6e400003-b5a3-f393-e0a9-e50e24dcca9e',
} as const;

/**
 * Xiaomi's authentication service. `upnp` carries opcodes and results, `avdtp` parcels and their acknowledgements.
 * Tools derived the names from the Bluetooth protocols 0x0010 and 0x0019, and every MiAuth client uses them. Scooters that
 * XOR their frames have `xorKey` and no `avdtp`.
 */
export const XIAOMI = {
  service: '0000fe95-0000-1000-8000-00805f9b34fb',
  firmwareVersion: '00000004-0000-1000-8000-00805f9b34fb',
  xorKey: '00000014-0000-1000-8000-00805f9b34fb',
  upnp: '00000010-0000-1000-8000-00805f9b34fb',
  avdtp: '00000019-0000-1000-8000-00805f9b34fb',
} as const;

/** Maximum payload of a write or notification: the default ATT MTU of 23 minus its 3-byte header. */
export const ATT_PAYLOAD_BYTES = 20;

/** Splits bytes into chunks of at most `size` bytes, as views on the same memory; no chunks if there are no bytes. */
export function chunk(bytes: Buffer, size = ATT_PAYLOAD_BYTES): Buffer[] {
  const chunks: Buffer[] = [];
  for (let at = 0; at < bytes.length; at += size) chunks.push(bytes.subarray(at, at + size));
  return chunks;
}

/** End of the Bluetooth Base UUID, after the 32 bits that the Bluetooth SIG assigns. */
const BASE_UUID_SUFFIX = '00001000800000805f9b34fb';

/**
 * Normalises the notation of a UUID (with or without dashes, upper case, without leading zeros): four digits if the
 * Bluetooth SIG assigned it (`fe95`, `0010`), 32 digits without dashes otherwise.
 */
export function normalizeUuid(uuid: string): string {
  const digits = uuid.toLowerCase().replaceAll('-', '');
  const assigned = digits.length === 32 && digits.endsWith(BASE_UUID_SUFFIX) ? digits.slice(0, 8) : digits;
  return assigned.length > 8 ? assigned : assigned.replace(/^0+/, '').padStart(4, '0');
}
