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

const HEAD_BYTES = 4;

/** The bytes of a device info parcel: 24, or 4 without an id. */
export function encodeDeviceInfo(info: DeviceInfo): Buffer {
  const head = Buffer.alloc(HEAD_BYTES);
  head.writeUInt16LE(info.version, 0);
  head.writeUInt16LE(info.flags, 2);
  if (info.did === undefined) return head;
  requireLength(info.did, DID_BYTES, 'device id');
  return Buffer.concat([head, info.did]);
}

/** What a device info parcel says. Throws `length` unless it has 4 or 24 bytes. */
export function parseDeviceInfo(bytes: Buffer): DeviceInfo {
  if (bytes.length !== HEAD_BYTES) requireLength(bytes, HEAD_BYTES + DID_BYTES, 'device info');
  const head = { version: bytes.readUInt16LE(0), flags: bytes.readUInt16LE(2) };
  return bytes.length === HEAD_BYTES ? head : { ...head, did: bytes.subarray(HEAD_BYTES) };
}

/** A device id as scooters spell it: a NUL, then 19 ASCII characters. For one that was never bound. Throws `range`. */
export function didFromText(text: string): Buffer {
  if (!/^[\x21-\x7e]{19}$/.test(text)) {
    throw new ProtocolError('range', 'a device id has 19 visible ASCII characters');
  }
  return Buffer.from(`\0${text}`, 'latin1');
}
