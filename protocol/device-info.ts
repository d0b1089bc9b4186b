import { ProtocolError, requireLength } from './errors.ts';
import { DID_BYTES } from './keys.ts';

/** What a scooter says of itself at the start of a registration. */
export interface DeviceInfo {
  /** 1 on every scooter seen. */
  version: number;
  /** 0 on every scooter seen. */
  flags: number;
  /** The 20-byte device id, such as NUL and `blt.4.18n58266kgg00`; a scooter never bound has none. */
  did?: Buffer;
}

const HEADER_BYTES = 4;

/** The bytes of a device info parcel: 24, or 4 without an id. */
export function encodeDeviceInfo(info: DeviceInfo): Buffer {
  const header = Buffer.alloc(HEADER_BYTES);
  header.writeUInt16LE(info.version, 0);
  header.writeUInt16LE(info.flags, 2);
  if (info.did === undefined) return header;
  requireLength(info.did, DID_BYTES, 'device id');
  return Buffer.concat([header, info.did]);
}

/** What a device info parcel says. Throws `length` unless it has 4 or 24 bytes. */
export function parseDeviceInfo(bytes: Buffer): DeviceInfo {
  if (bytes.length !== HEADER_BYTES) requireLength(bytes, HEADER_BYTES + DID_BYTES, 'device info');
  const header = { version: bytes.readUInt16LE(0), flags: bytes.readUInt16LE(2) };
  return bytes.length === HEADER_BYTES ? header : { ...header, did: bytes.subarray(HEADER_BYTES) };
}

/** A device id as scooters spell it: a NUL, then 19 ASCII characters. For one that was never bound. Throws `range`. */
export function didFromText(text: string): Buffer {
  if (!/^[\x21-\x7e]{19}$/.test(text)) {
    throw new ProtocolError('range', 'a device id has 19 visible ASCII characters');
  }
  return Buffer.from(`\0${text}`, 'latin1');
}
