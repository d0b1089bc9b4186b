import { ProtocolError, requireLength } from './errors.ts';
import { DID_BYTES } from './keys.ts';

/** Device info that a scooter sends at the start of a registration. */
export interface DeviceInfo {
  /** 1 in all captures. */
  version: number;
  /** 0 in all captures. */
  flags: number;
  /** Device id of 20 bytes, such as NUL and `blt.4.18n58266kgg00`; absent if the scooter was never bound. */
  did?: Buffer;
}

const HEADER_BYTES = 4;

/** Encodes a device info parcel: 24 bytes, or 4 without a device id. */
export function encodeDeviceInfo(info: DeviceInfo): Buffer {
  const header = Buffer.alloc(HEADER_BYTES);
  header.writeUInt16LE(info.version, 0);
  header.writeUInt16LE(info.flags, 2);
  if (info.did === undefined) return header;
  requireLength(info.did, DID_BYTES, 'device id');
  return Buffer.concat([header, info.did]);
}

/** Decodes a device info parcel. Throws `length` unless it has 4 or 24 bytes. */
export function parseDeviceInfo(bytes: Buffer): DeviceInfo {
  if (bytes.length !== HEADER_BYTES) requireLength(bytes, HEADER_BYTES + DID_BYTES, 'device info');
  const header = { version: bytes.readUInt16LE(0), flags: bytes.readUInt16LE(2) };
  return bytes.length === HEADER_BYTES ? header : { ...header, did: bytes.subarray(HEADER_BYTES) };
}

/** Creates a device id, for a scooter that was never bound: a NUL, then 19 ASCII characters. Throws `range`. */
export function didFromText(text: string): Buffer {
  if (!/^[\x21-\x7e]{19}$/.test(text)) {
    throw new ProtocolError('range', 'a device id must have 19 printable ASCII characters without spaces');
  }
  return Buffer.from(`\0${text}`, 'latin1');
}
