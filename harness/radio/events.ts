import { H4 } from '../../hci/socket.ts';
import type { ConnectionParameters } from './parameters.ts';

/** HCI events as a controller sends them, H4 packet type included (Bluetooth Core Vol 4 Part E, 7.7). */
const EVENT = {
  disconnectionComplete: 0x05,
  encryptionChange: 0x08,
  commandComplete: 0x0e,
  commandStatus: 0x0f,
  completedPackets: 0x13,
  leMeta: 0x3e,
} as const;

const LE_EVENT = {
  connectionComplete: 0x01,
  advertisingReport: 0x02,
  connectionUpdateComplete: 0x03,
} as const;

/** Commands that the host may have outstanding; the libraries above do not look. */
const COMMAND_CREDITS = 1;

/** Error codes of Bluetooth Core Vol 1 Part F that this controller uses. */
export const STATUS = {
  success: 0x00,
  unknownCommand: 0x01,
  unknownConnection: 0x02,
  connectionTimeout: 0x08,
  connectionExists: 0x0b,
  commandDisallowed: 0x0c,
  invalidParameters: 0x12,
  localHostTerminated: 0x16,
  failedToEstablish: 0x3e,
} as const;

/** Kinds of advertising report. */
export const REPORT = { connectable: 0x00, scanResponse: 0x04 } as const;

export const ROLE = { central: 0, peripheral: 1 } as const;

const EMPTY: Buffer = Buffer.alloc(0);

function event(code: number, parameters: Buffer): Buffer {
  return Buffer.concat([Buffer.from([H4.event, code, parameters.length]), parameters]);
}

function u16(value: number): Buffer {
  return Buffer.from([value & 0xff, value >> 8]);
}

export function commandComplete(opcode: number, status: number, result = EMPTY): Buffer {
  const head = Buffer.from([COMMAND_CREDITS, opcode & 0xff, opcode >> 8, status]);
  return event(EVENT.commandComplete, Buffer.concat([head, result]));
}

export function commandStatus(opcode: number, status: number): Buffer {
  return event(EVENT.commandStatus, Buffer.from([status, COMMAND_CREDITS, opcode & 0xff, opcode >> 8]));
}

export function disconnectionComplete(handle: number, reason: number): Buffer {
  return event(
    EVENT.disconnectionComplete,
    Buffer.concat([Buffer.from([STATUS.success]), u16(handle), Buffer.from([reason])]),
  );
}

export function encryptionChange(handle: number): Buffer {
  return event(
    EVENT.encryptionChange,
    Buffer.concat([Buffer.from([STATUS.success]), u16(handle), Buffer.from([1])]),
  );
}

export function completedPackets(handle: number, count: number): Buffer {
  return event(EVENT.completedPackets, Buffer.concat([Buffer.from([1]), u16(handle), u16(count)]));
}

export interface DeviceAddress {
  /** As people write it: `c8:f0:9e:00:00:01`. */
  readonly address: string;
  readonly type: 'public' | 'random';
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

function addressField({ address, type }: DeviceAddress): Buffer {
  return Buffer.from([type === 'random' ? 1 : 0, ...encodeAddress(address)]);
}

function parameterField({ interval, latency, supervisionTimeout }: ConnectionParameters): Buffer {
  return Buffer.concat([u16(interval), u16(latency), u16(supervisionTimeout)]);
}

export function connectionComplete(
  status: number,
  handle: number,
  role: number,
  peer: DeviceAddress,
  parameters: ConnectionParameters,
): Buffer {
  return event(
    EVENT.leMeta,
    Buffer.concat([
      Buffer.from([LE_EVENT.connectionComplete, status]),
      u16(handle),
      Buffer.from([role]),
      addressField(peer),
      parameterField(parameters),
      Buffer.from([0]),
    ]),
  );
}

export function connectionUpdateComplete(handle: number, parameters: ConnectionParameters): Buffer {
  return event(
    EVENT.leMeta,
    Buffer.concat([
      Buffer.from([LE_EVENT.connectionUpdateComplete, STATUS.success]),
      u16(handle),
      parameterField(parameters),
    ]),
  );
}

/** @param rssi in dBm. */
export function advertisingReport(kind: number, from: DeviceAddress, data: Buffer, rssi: number): Buffer {
  return event(
    EVENT.leMeta,
    Buffer.concat([
      Buffer.from([LE_EVENT.advertisingReport, 1, kind]),
      addressField(from),
      Buffer.from([data.length]),
      data,
      Buffer.from([rssi & 0xff]),
    ]),
  );
}
