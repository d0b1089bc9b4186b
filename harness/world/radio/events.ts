import { H4 } from '../../../hci/socket.ts';
import { LE_FEATURES, VERSION } from './capabilities.ts';
import { encodeAddress, type DeviceAddress } from './device-address.ts';
import type { ConnectionParameters } from './parameters.ts';
import { STATUS } from './status.ts';

/** Codes of the HCI events that this controller sends (Bluetooth Core Vol 4 Part E, 7.7). */
export const EVENT = {
  disconnectionComplete: 0x05,
  encryptionChange: 0x08,
  remoteVersion: 0x0c,
  commandComplete: 0x0e,
  commandStatus: 0x0f,
  hardwareError: 0x10,
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

/** Commands that the host may send before the next answer; noble and bleno ignore it. */
const COMMAND_CREDITS = 1;
const ACL_LINK = 0x01;
/** Central Clock Accuracy of 500 ppm, which is also the reserved value for a central. */
const CLOCK_ACCURACY = 0;

/** The event type of a scan response in an advertising report; the others equal the advertising type. */
export const SCAN_RESPONSE = 0x04;

export const ROLE = { central: 0, peripheral: 1 } as const;
export type Role = (typeof ROLE)[keyof typeof ROLE];

/** Bytes of one field, or of several. */
export type Bytes = Iterable<number>;

/** Whether a packet of a controller is the event that a link has ended. */
export function isDisconnection(packet: Buffer): boolean {
  return packet[0] === H4.event && packet[1] === EVENT.disconnectionComplete;
}

function event(code: number, ...fields: readonly (number | Bytes)[]): Buffer {
  const parameters: number[] = [];
  for (const field of fields) {
    if (typeof field === 'number') parameters.push(field);
    else parameters.push(...field);
  }
  return Buffer.from([H4.event, code, parameters.length, ...parameters]);
}

/** Two bytes, least significant first. */
export function u16(value: number): readonly number[] {
  return [value & 0xff, value >> 8];
}

/** The codes of Hardware Error are the manufacturer's own (Bluetooth Core Vol 4 Part E, 7.7.16). */
export function hardwareError(code = 0): Buffer {
  return event(EVENT.hardwareError, code);
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

/** @param status why the connection is not encrypted; success if it is. */
export function encryptionChange(handle: number, status: number = STATUS.success): Buffer {
  return event(EVENT.encryptionChange, status, u16(handle), status === STATUS.success ? 1 : 0);
}

export function encryptionKeyRefresh(handle: number): Buffer {
  return event(EVENT.encryptionKeyRefresh, STATUS.success, u16(handle));
}

/** The version of the other controller, which is the same as this one's. */
export function remoteVersion(handle: number): Buffer {
  const { core, manufacturer, subversion } = VERSION;
  return event(EVENT.remoteVersion, STATUS.success, u16(handle), core, u16(manufacturer), u16(subversion));
}

export function completedPackets(handle: number, count: number): Buffer {
  return event(EVENT.completedPackets, 1, u16(handle), u16(count));
}

export function dataBufferOverflow(): Buffer {
  return event(EVENT.dataBufferOverflow, ACL_LINK);
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

/** The features of the other controller, which are the same as this one's. */
export function remoteFeatures(handle: number): Buffer {
  return leEvent(LE_EVENT.remoteFeatures, STATUS.success, u16(handle), LE_FEATURES);
}

/** @param request random number and diversifier, as LE Enable Encryption gives them. */
export function longTermKeyRequest(handle: number, request: Buffer): Buffer {
  return leEvent(LE_EVENT.longTermKeyRequest, u16(handle), request);
}

/** @param rssi in dBm. */
export function advertisingReport(type: number, from: DeviceAddress, data: Buffer, rssi: number): Buffer {
  const reports = 1;
  return leEvent(
    LE_EVENT.advertisingReport,
    reports,
    type,
    addressField(from),
    data.length,
    data,
    rssi & 0xff,
  );
}
