/**
 * The Nordic UART service that carries register frames. `write` and `notify` are named from the app's side:
 * Nordic's own RX and TX are the scooter's.
 */
export const NORDIC_UART = {
  service: '6e400001-b5a3-f393-e0a9-e50e24dcca9e',
  write: '6e400002-b5a3-f393-e0a9-e50e24dcca9e',
  notify: '6e400003-b5a3-f393-e0a9-e50e24dcca9e',
} as const;

/**
 * Xiaomi's authentication service. `upnp` carries opcodes and results, `avdtp` parcels and their acks; the
 * names are accidents (what 0x0010 and 0x0019 mean to Bluetooth), but every MiAuth client uses them.
 */
export const XIAOMI = {
  service: '0000fe95-0000-1000-8000-00805f9b34fb',
  firmwareVersion: '00000004-0000-1000-8000-00805f9b34fb',
  upnp: '00000010-0000-1000-8000-00805f9b34fb',
  avdtp: '00000019-0000-1000-8000-00805f9b34fb',
} as const;

/** Bytes that one write or notification carries: the default ATT MTU of 23 less its 3-byte header. */
export const ATT_PAYLOAD_BYTES = 20;

/** `bytes` cut into pieces of at most `size` bytes, as views on the same memory; none if there are no bytes. */
export function chunk(bytes: Buffer, size = ATT_PAYLOAD_BYTES): Buffer[] {
  const pieces: Buffer[] = [];
  for (let at = 0; at < bytes.length; at += size) pieces.push(bytes.subarray(at, at + size));
  return pieces;
}

/** What follows the 16 or 32 significant bits of a UUID that the Bluetooth SIG assigned. */
const BASE_UUID_SUFFIX = '00001000800000805f9b34fb';

/**
 * One canonical spelling of a UUID, however a library spells it (dashed or not, upper case, without leading
 * zeros): four digits for a Bluetooth SIG one (`fe95`, `0010`), else 32 digits without dashes.
 */
export function normalizeUuid(uuid: string): string {
  const digits = uuid.toLowerCase().replaceAll('-', '');
  const assigned = digits.length === 32 && digits.endsWith(BASE_UUID_SUFFIX) ? digits.slice(0, 8) : digits;
  return assigned.length > 8 ? assigned : assigned.replace(/^0+/, '').padStart(4, '0');
}
