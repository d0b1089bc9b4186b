import { H4 } from '../../../hci/socket.ts';
import { LE_FEATURES, VERSION } from './capabilities.ts';
import type { ConnectionParameters } from './parameters.ts';

/** HCI events as a controller sends them, H4 packet type included (Bluetooth Core Vol 4 Part E, 7.7). */
export const EVENT = {
  disconnectionComplete: 0x05,
  encryptionChange: 0x08,
  remoteVersion: 0x0c,
  commandComplete: 0x0e,
  commandStatus: 0x0f,
  completedPackets: 0x13,
  dataBufferOverflow: 0x1a,
  encryptionKeyRefresh: 0x30,
  leMeta: 0x3e,
} as const;

export const LE_EVENT = {
  connectionComplete: 0x01,
  advertisingReport: 0x02,
  connectionUpdateComplete: 0x03,
  remoteFeatures: 0x04,
  longTermKeyRequest: 0x05,
} as const;

/** Commands that the host may have outstanding; noble and bleno do not look. */
const COMMAND_CREDITS = 1;
const ACL_LINK = 0x01;
/** Of the central's clock: 500 ppm, which is also what a central is told. */
const CLOCK_ACCURACY = 0;

/** Error codes of Bluetooth Core Vol 1 Part F that this controller uses. */
export const STATUS = {
  success: 0x00,
  unknownCommand: 0x01,
  unknownConnection: 0x02,
  keyMissing: 0x06,
  memoryFull: 0x07,
  connectionTimeout: 0x08,
  connectionExists: 0x0b,
  commandDisallowed: 0x0c,
  unsupportedParameter: 0x11,
  invalidParameters: 0x12,
  remoteUserTerminated: 0x13,
  localHostTerminated: 0x16,
  unsupportedRemoteFeature: 0x1a,
  micFailure: 0x3d,
  failedToEstablish: 0x3e,
} as const;

/** The kind of advertising report that is a scan response; the others are numbered as LE Set Advertising Parameters does. */
export const SCAN_RESPONSE = 0x04;

export const ROLE = { central: 0, peripheral: 1 } as const;
export type Role = (typeof ROLE)[keyof typeof ROLE];

/** Bytes of one field, or of several. */
export type Bytes = Iterable<number>;

function event(code: number, ...fields: readonly (number | Bytes)[]): Buffer {
  const parameters: number[] = [];
  for (const field of fields) {
    if (typeof field === 'number') parameters.push(field);
    else parameters.push(...field);
  }
  return Buffer.from([H4.event, code, parameters.length, ...parameters]);
}

/** Two bytes, the lower one first. */
export function u16(value: number): readonly number[] {
  return [value & 0xff, value >> 8];
}

export function commandComplete(opcode: number, status: number, result: Bytes = []): Buffer {
  return event(EVENT.commandComplete, COMMAND_CREDITS, u16(opcode), status, result);
}

export function commandStatus(opcode: number, status: number): Buffer {
  return event(EVENT.commandStatus, status, COMMAND_CREDITS, u16(opcode));
}

export function disconnectionComplete(handle: number, reason: number): Buffer {
  return event(EVENT.disconnectionComplete, STATUS.success, u16(handle), reason);
}

/** @param status why the connection is not encrypted; success where it is. */
export function encryptionChange(handle: number, status: number = STATUS.success): Buffer {
  return event(EVENT.encryptionChange, status, u16(handle), status === STATUS.success ? 1 : 0);
}

/** A connection that was encrypted is so with another key. */
export function encryptionKeyRefresh(handle: number): Buffer {
  return event(EVENT.encryptionKeyRefresh, STATUS.success, u16(handle));
}

/** What the other chip is: one like this. */
export function remoteVersion(handle: number): Buffer {
  const { core, manufacturer, subversion } = VERSION;
  return event(EVENT.remoteVersion, STATUS.success, u16(handle), core, u16(manufacturer), u16(subversion));
}

export function completedPackets(handle: number, count: number): Buffer {
  return event(EVENT.completedPackets, 1, u16(handle), u16(count));
}

/** A data packet that the controller had no room for. */
export function dataBufferOverflow(): Buffer {
  return event(EVENT.dataBufferOverflow, ACL_LINK);
}

export interface DeviceAddress {
  /** As people write it: `c8:f0:9e:00:00:01`. */
  readonly address: string;
  readonly type: 'public' | 'random';
}

export function isSameDevice(a: DeviceAddress, b: DeviceAddress): boolean {
  return a.address === b.address && a.type === b.type;
}

/** Six bytes, on the wire the last one first. */
export function encodeAddress(address: string): Buffer {
  return Buffer.from(address.replaceAll(':', ''), 'hex').reverse();
}

export function decodeAddress(bytes: Buffer): string {
  return [...bytes]
    .reverse()
    .map((byte) => byte.toString(16).padStart(2, '0'))
    .join(':');
}

function addressField({ address, type }: DeviceAddress): Bytes {
  return [type === 'random' ? 1 : 0, ...encodeAddress(address)];
}

function parameterField({ interval, latency, supervisionTimeout }: ConnectionParameters): Bytes {
  return [interval, latency, supervisionTimeout].flatMap(u16);
}

function leEvent(subevent: number, ...fields: readonly (number | Bytes)[]): Buffer {
  return event(EVENT.leMeta, subevent, ...fields);
}

export function connectionComplete(
  status: number,
  handle: number,
  role: Role,
  peer: DeviceAddress,
  parameters: ConnectionParameters,
): Buffer {
  const connection = [...u16(handle), role, ...addressField(peer), ...parameterField(parameters)];
  return leEvent(LE_EVENT.connectionComplete, status, connection, CLOCK_ACCURACY);
}

export function connectionUpdateComplete(handle: number, parameters: ConnectionParameters): Buffer {
  const { success } = STATUS;
  return leEvent(LE_EVENT.connectionUpdateComplete, success, u16(handle), parameterField(parameters));
}

/** What the link layer on the other side can do: the same as this one. */
export function remoteFeatures(handle: number): Buffer {
  return leEvent(LE_EVENT.remoteFeatures, STATUS.success, u16(handle), LE_FEATURES);
}

/** @param request random number and diversifier, as LE Enable Encryption gives them. */
export function longTermKeyRequest(handle: number, request: Buffer): Buffer {
  return leEvent(LE_EVENT.longTermKeyRequest, u16(handle), request);
}

/** @param rssi in dBm. */
export function advertisingReport(kind: number, from: DeviceAddress, data: Buffer, rssi: number): Buffer {
  const reports = 1;
  return leEvent(
    LE_EVENT.advertisingReport,
    reports,
    kind,
    addressField(from),
    data.length,
    data,
    rssi & 0xff,
  );
}
