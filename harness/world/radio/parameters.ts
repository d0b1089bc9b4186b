import { decodeAddress, type DeviceAddress } from './device-address.ts';
import type { AddressType } from './own-addresses.ts';
import { STATUS } from './status.ts';

/** Intervals in units of 1.25 ms, timeouts in units of 10 ms, latency in connection events. */
export interface ConnectionParameters {
  readonly interval: number;
  readonly latency: number;
  readonly supervisionTimeout: number;
}

/** When a scanner or an initiator listens, in units of 0.625 ms: for the window at the start of each interval. */
export interface ScanTiming {
  readonly interval: number;
  readonly window: number;
}

/** What LE Create Connection requests. */
export interface ConnectionRequest {
  readonly scan: ScanTiming;
  /** Undefined for any device on the filter accept list. */
  readonly peer: DeviceAddress | undefined;
  readonly addressType: AddressType;
  readonly parameters: ConnectionParameters;
}

/** What LE Set Scan Parameters sets. */
export interface ScanParameters extends ScanTiming {
  /** Whether to request scan responses. */
  readonly active: boolean;
  readonly addressType: AddressType;
  /** Whether only devices on the filter accept list are reported. */
  readonly acceptListOnly: boolean;
}

/** What LE Set Advertising Parameters sets. */
export interface AdvertisingParameters {
  /** In units of 0.625 ms. */
  readonly interval: number;
  readonly type: number;
  readonly addressType: AddressType;
  /** Whether only devices on the filter accept list may request the scan response, and connect. */
  readonly acceptListOnly: { readonly scan: boolean; readonly connect: boolean };
}

/** A field of a command's parameters, and its range. */
interface Field {
  readonly offset: number;
  readonly bytes: 1 | 2;
  readonly min: number;
  readonly max: number;
}

/** Intervals in units of 1.25 ms, supervision timeout in units of 10 ms (Bluetooth Core Vol 4 Part E, 7.8.12). */
const CONNECTION: readonly Field[] = [
  { offset: 0, bytes: 2, min: 0x0006, max: 0x0c80 },
  { offset: 2, bytes: 2, min: 0x0006, max: 0x0c80 },
  { offset: 4, bytes: 2, min: 0, max: 0x01f3 },
  { offset: 6, bytes: 2, min: 0x000a, max: 0x0c80 },
];
/** Offset of the connection parameters in LE Create Connection. */
const CONNECTION_OFFSET = 13;
/** Units of the supervision timeout in units of the interval: 10 ms to 1.25 ms. */
const INTERVALS_PER_TIMEOUT_UNIT = 8;

/** Intervals in units of 0.625 ms (Bluetooth Core Vol 4 Part E, 7.8.5). */
const ADVERTISING_INTERVALS: readonly Field[] = [
  { offset: 0, bytes: 2, min: 0x0020, max: 0x4000 },
  { offset: 2, bytes: 2, min: 0x0020, max: 0x4000 },
];
const ADVERTISING: readonly Field[] = [
  { offset: 4, bytes: 1, min: 0, max: 4 },
  { offset: 5, bytes: 1, min: 0, max: 3 },
  { offset: 14, bytes: 1, min: 0, max: 3 },
];
const DIRECTED_TYPES: readonly number[] = [1, 4];
const ADVERTISING_CHANNELS = 0b111;
/** Bits of the advertising filter policy. */
const FILTER_SCANS = 0b01;
const FILTER_CONNECTIONS = 0b10;

/** Bluetooth Core Vol 4 Part E, 7.8.10. */
const SCANNING: readonly Field[] = [
  { offset: 0, bytes: 1, min: 0, max: 1 },
  { offset: 1, bytes: 2, min: 0x0004, max: 0x4000 },
  { offset: 3, bytes: 2, min: 0x0004, max: 0x4000 },
  { offset: 5, bytes: 1, min: 0, max: 3 },
  { offset: 6, bytes: 1, min: 0, max: 3 },
];

/** The parameters of LE Create Connection before those of the connection. */
const INITIATING: readonly Field[] = [
  { offset: 0, bytes: 2, min: 0x0004, max: 0x4000 },
  { offset: 2, bytes: 2, min: 0x0004, max: 0x4000 },
  { offset: 4, bytes: 1, min: 0, max: 1 },
  { offset: 12, bytes: 1, min: 0, max: 3 },
];
/** Ignored if any device on the filter accept list may be connected to. */
const PEER: readonly Field[] = [{ offset: 5, bytes: 1, min: 0, max: 3 }];

/** Address types and scanning filter policies from here on need LE Privacy, which this controller does not support. */
const FIRST_PRIVACY_VALUE = 2;
const ANONYMOUS_ADVERTISERS = 0xff;
const ADVERTISING_DATA_BYTES = 31;

const areInRange = (parameters: Buffer, fields: readonly Field[]): boolean =>
  fields.every(({ offset, bytes, min, max }) => {
    const value = parameters.readUIntLE(offset, bytes);
    return min <= value && value <= max;
  });

/** Whether a minimum is no greater than the maximum after it. */
const isRange = (parameters: Buffer, offset: number): boolean =>
  parameters.readUInt16LE(offset) <= parameters.readUInt16LE(offset + 2);

const scanTimingAt = (parameters: Buffer, offset: number): ScanTiming => ({
  interval: parameters.readUInt16LE(offset),
  window: parameters.readUInt16LE(offset + 2),
});

/** Whether a scan window is no longer than the scan interval before it. */
const windowFits = (parameters: Buffer, offset: number): boolean =>
  parameters.readUInt16LE(offset + 2) <= parameters.readUInt16LE(offset);

const addressTypeOf = (code: number | undefined): AddressType => (code === 1 ? 'random' : 'public');

const needsPrivacy = (...codes: (number | undefined)[]): boolean =>
  codes.some((code = 0) => code >= FIRST_PRIVACY_VALUE);

/** An address after its type, as in the parameters of commands. */
function decodeDevice(bytes: Buffer): DeviceAddress {
  return { address: decodeAddress(bytes.subarray(1, 7)), type: addressTypeOf(bytes[0]) };
}

/**
 * Decodes the parameters of a connection, from the interval to the connection event lengths. Of the intervals allowed
 * the longest is used, as by a controller that saves power.
 * @returns the status of a rejected command if they are invalid; so do all other decoders here.
 */
export function decodeConnectionParameters(bytes: Buffer): ConnectionParameters | number {
  const interval = bytes.readUInt16LE(2);
  const latency = bytes.readUInt16LE(4);
  const supervisionTimeout = bytes.readUInt16LE(6);
  const isValid =
    areInRange(bytes, CONNECTION) &&
    isRange(bytes, 0) &&
    isRange(bytes, 8) &&
    // It has to span two connection events that the peripheral may not skip.
    supervisionTimeout * INTERVALS_PER_TIMEOUT_UNIT > (1 + latency) * interval * 2;
  return isValid ? { interval, latency, supervisionTimeout } : STATUS.invalidParameters;
}

export function decodeConnectionRequest(bytes: Buffer): ConnectionRequest | number {
  const usesAcceptList = bytes[4] === 1;
  const isValid =
    areInRange(bytes, INITIATING) && windowFits(bytes, 0) && (usesAcceptList || areInRange(bytes, PEER));
  if (!isValid) return STATUS.invalidParameters;
  const parameters = decodeConnectionParameters(bytes.subarray(CONNECTION_OFFSET));
  if (typeof parameters === 'number') return parameters;
  if (needsPrivacy(bytes[12], usesAcceptList ? 0 : bytes[5])) return STATUS.unsupportedParameter;
  return {
    scan: scanTimingAt(bytes, 0),
    peer: usesAcceptList ? undefined : decodeDevice(bytes.subarray(5)),
    addressType: addressTypeOf(bytes[12]),
    parameters,
  };
}

export function decodeScanParameters(bytes: Buffer): ScanParameters | number {
  if (!areInRange(bytes, SCANNING) || !windowFits(bytes, 1)) return STATUS.invalidParameters;
  if (needsPrivacy(bytes[5], bytes[6])) return STATUS.unsupportedParameter;
  return {
    active: bytes[0] === 1,
    ...scanTimingAt(bytes, 1),
    addressType: addressTypeOf(bytes[5]),
    acceptListOnly: bytes[6] === 1,
  };
}

export function decodeAdvertisingParameters(bytes: Buffer): AdvertisingParameters | number {
  const [type = 0, ownAddress] = bytes.subarray(4);
  const channels = bytes.readUInt8(13) & ADVERTISING_CHANNELS;
  if (!areInRange(bytes, ADVERTISING) || !isRange(bytes, 0) || channels === 0)
    return STATUS.invalidParameters;
  if (!areInRange(bytes, ADVERTISING_INTERVALS)) return STATUS.unsupportedParameter;
  if (needsPrivacy(ownAddress) || DIRECTED_TYPES.includes(type)) return STATUS.unsupportedParameter;
  const policy = bytes.readUInt8(14);
  return {
    interval: bytes.readUInt16LE(2),
    type,
    addressType: addressTypeOf(ownAddress),
    acceptListOnly: { scan: (policy & FILTER_SCANS) !== 0, connect: (policy & FILTER_CONNECTIONS) !== 0 },
  };
}

/** Decodes a length byte and up to 31 bytes of AD structures, padded. */
export function decodeAdvertisingData(bytes: Buffer): Buffer | number {
  const length = bytes.readUInt8(0);
  return length > ADVERTISING_DATA_BYTES
    ? STATUS.invalidParameters
    : Buffer.from(bytes.subarray(1, 1 + length));
}

/** Decodes the device that a command adds to the filter accept list or removes from it. */
export function decodeAcceptListDevice(bytes: Buffer): DeviceAddress | number {
  const [type = 0] = bytes;
  // Anonymous advertisers exist in extended advertising only.
  if (type === ANONYMOUS_ADVERTISERS) return STATUS.unsupportedParameter;
  return type < FIRST_PRIVACY_VALUE ? decodeDevice(bytes) : STATUS.invalidParameters;
}
