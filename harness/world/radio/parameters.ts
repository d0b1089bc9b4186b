import { decodeAddress, STATUS, type DeviceAddress } from './events.ts';

/** Intervals in units of 1.25 ms, timeouts in units of 10 ms, latency in connection events. */
export interface ConnectionParameters {
  readonly interval: number;
  readonly latency: number;
  readonly supervisionTimeout: number;
}

/** Whether a device goes by the address that it was made with, or by the one that its host has given it. */
export type OwnAddress = DeviceAddress['type'];

/** What LE Create Connection asks for. */
export interface ConnectionRequest {
  /** Undefined where every device of the filter accept list will do. */
  readonly peer: DeviceAddress | undefined;
  readonly own: OwnAddress;
  readonly parameters: ConnectionParameters;
}

/** What LE Set Scan Parameters asks for; interval and window make no difference in this air. */
export interface ScanParameters {
  /** Whether advertisers are asked for their scan response. */
  readonly active: boolean;
  readonly own: OwnAddress;
  /** Whether only devices of the filter accept list are reported. */
  readonly onlyAccepted: boolean;
}

/** What LE Set Advertising Parameters asks for. */
export interface AdvertisingParameters {
  /** In units of 0.625 ms. */
  readonly interval: number;
  /** As the command and the report number it. */
  readonly type: number;
  readonly own: OwnAddress;
  /** Whether only devices of the filter accept list may ask for the scan response, and connect. */
  readonly onlyAccepted: { readonly scan: boolean; readonly connect: boolean };
}

/** A field of a command's parameters, and what it may hold. */
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
/** Where connection parameters begin in LE Create Connection. */
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
const ACCEPTED_SCANS = 0b01;
const ACCEPTED_CONNECTIONS = 0b10;

/** Bluetooth Core Vol 4 Part E, 7.8.10. */
const SCANNING: readonly Field[] = [
  { offset: 0, bytes: 1, min: 0, max: 1 },
  { offset: 1, bytes: 2, min: 0x0004, max: 0x4000 },
  { offset: 3, bytes: 2, min: 0x0004, max: 0x4000 },
  { offset: 5, bytes: 1, min: 0, max: 3 },
  { offset: 6, bytes: 1, min: 0, max: 3 },
];

/** What LE Create Connection says before the parameters of the connection. */
const INITIATING: readonly Field[] = [
  { offset: 0, bytes: 2, min: 0x0004, max: 0x4000 },
  { offset: 2, bytes: 2, min: 0x0004, max: 0x4000 },
  { offset: 4, bytes: 1, min: 0, max: 1 },
  { offset: 12, bytes: 1, min: 0, max: 3 },
];
/** Which it ignores where every device of the filter accept list will do. */
const PEER: readonly Field[] = [{ offset: 5, bytes: 1, min: 0, max: 3 }];

/** Types of addresses and scanning filter policies from here on need LE privacy, which this controller has not. */
const FIRST_OF_PRIVACY = 2;
const ANONYMOUS_ADVERTISERS = 0xff;
const ADVERTISING_DATA_BYTES = 31;

const fits = (parameters: Buffer, fields: readonly Field[]): boolean =>
  fields.every(({ offset, bytes, min, max }) => {
    const value = parameters.readUIntLE(offset, bytes);
    return min <= value && value <= max;
  });

/** Whether two fields of two bytes that follow each other are in ascending order. */
const ascends = (parameters: Buffer, offset: number): boolean =>
  parameters.readUInt16LE(offset) <= parameters.readUInt16LE(offset + 2);

/** Whether a scan window is no longer than the scan interval before it. */
const windowFits = (parameters: Buffer, offset: number): boolean =>
  parameters.readUInt16LE(offset + 2) <= parameters.readUInt16LE(offset);

const addressTypeOf = (code: number | undefined): OwnAddress => (code === 1 ? 'random' : 'public');

const needsPrivacy = (...codes: (number | undefined)[]): boolean =>
  codes.some((code = 0) => code >= FIRST_OF_PRIVACY);

/** An address with its type before it, as commands name a device. */
function decodeDevice(bytes: Buffer): DeviceAddress {
  return { address: decodeAddress(bytes.subarray(1, 7)), type: addressTypeOf(bytes[0]) };
}

/**
 * What a command asks of a connection, from interval to connection event lengths, or the status with which it is
 * refused. Of the intervals allowed the longest is taken, as by a controller that saves power.
 */
export function decodeConnectionParameters(bytes: Buffer): ConnectionParameters | number {
  const interval = bytes.readUInt16LE(2);
  const latency = bytes.readUInt16LE(4);
  const supervisionTimeout = bytes.readUInt16LE(6);
  const isPossible =
    fits(bytes, CONNECTION) &&
    ascends(bytes, 0) &&
    ascends(bytes, 8) &&
    // Two connection events that the peripheral attends must fit in.
    supervisionTimeout * INTERVALS_PER_TIMEOUT_UNIT > (1 + latency) * interval * 2;
  return isPossible ? { interval, latency, supervisionTimeout } : STATUS.invalidParameters;
}

/** What LE Create Connection asks for, or the status with which it is refused. */
export function decodeConnectionRequest(bytes: Buffer): ConnectionRequest | number {
  const usesAcceptList = bytes[4] === 1;
  const isPossible = fits(bytes, INITIATING) && windowFits(bytes, 0) && (usesAcceptList || fits(bytes, PEER));
  if (!isPossible) return STATUS.invalidParameters;
  const parameters = decodeConnectionParameters(bytes.subarray(CONNECTION_OFFSET));
  if (typeof parameters === 'number') return parameters;
  if (needsPrivacy(bytes[12], usesAcceptList ? 0 : bytes[5])) return STATUS.unsupportedParameter;
  return {
    peer: usesAcceptList ? undefined : decodeDevice(bytes.subarray(5)),
    own: addressTypeOf(bytes[12]),
    parameters,
  };
}

/** What LE Set Scan Parameters asks for, or the status with which it is refused. */
export function decodeScanParameters(bytes: Buffer): ScanParameters | number {
  if (!fits(bytes, SCANNING) || !windowFits(bytes, 1)) return STATUS.invalidParameters;
  if (needsPrivacy(bytes[5], bytes[6])) return STATUS.unsupportedParameter;
  return { active: bytes[0] === 1, own: addressTypeOf(bytes[5]), onlyAccepted: bytes[6] === 1 };
}

/** What LE Set Advertising Parameters asks for, or the status with which it is refused. */
export function decodeAdvertisingParameters(bytes: Buffer): AdvertisingParameters | number {
  const [type = 0, ownAddress] = bytes.subarray(4);
  const channels = bytes.readUInt8(13) & ADVERTISING_CHANNELS;
  if (!fits(bytes, ADVERTISING) || !ascends(bytes, 0) || channels === 0) return STATUS.invalidParameters;
  if (!fits(bytes, ADVERTISING_INTERVALS)) return STATUS.unsupportedParameter;
  if (needsPrivacy(ownAddress) || DIRECTED_TYPES.includes(type)) return STATUS.unsupportedParameter;
  const policy = bytes.readUInt8(14);
  return {
    interval: bytes.readUInt16LE(2),
    type,
    own: addressTypeOf(ownAddress),
    onlyAccepted: { scan: (policy & ACCEPTED_SCANS) !== 0, connect: (policy & ACCEPTED_CONNECTIONS) !== 0 },
  };
}

/** Length byte, then up to 31 bytes of AD structures, padded; the status of a refusal where the length is more. */
export function decodeAdvertisingData(bytes: Buffer): Buffer | number {
  const length = bytes.readUInt8(0);
  return length > ADVERTISING_DATA_BYTES
    ? STATUS.invalidParameters
    : Buffer.from(bytes.subarray(1, 1 + length));
}

/** The device that a command about the filter accept list names, or the status with which it is refused. */
export function decodeAcceptedDevice(bytes: Buffer): DeviceAddress | number {
  const [type = 0] = bytes;
  // Anonymous advertisers are those of extended advertising.
  if (type === ANONYMOUS_ADVERTISERS) return STATUS.unsupportedParameter;
  return type < FIRST_OF_PRIVACY ? decodeDevice(bytes) : STATUS.invalidParameters;
}
