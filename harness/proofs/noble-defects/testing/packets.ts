import { H4 } from '../../../../hci/socket.ts';

/** Commands of a host, by opcode (Bluetooth Core Vol 4 Part E, 7.1 and 7.8). */
export const COMMAND = {
  disconnect: 0x0406,
  setScanEnable: 0x200c,
  createConnection: 0x200d,
  cancelConnection: 0x200e,
} as const;

/** ATT PDUs, by opcode (Bluetooth Core Vol 3 Part F, 3.4.8). */
export const ATT = {
  errorResponse: 0x01,
  mtuResponse: 0x03,
  readByTypeResponse: 0x09,
  readRequest: 0x0a,
  readBlobRequest: 0x0c,
  readByGroupResponse: 0x11,
  writeRequest: 0x12,
  writeResponse: 0x13,
} as const;

/** Responses that report success. */
const RESPONSES: readonly number[] = [
  ATT.mtuResponse,
  ATT.readByTypeResponse,
  ATT.readByGroupResponse,
  ATT.writeResponse,
];
const ATT_CHANNEL = 0x0004;
/** Offset of the ATT PDU in a data packet, after the headers of HCI and L2CAP. */
const ATT_AT = 9;
const HANDLE_MASK = 0x0fff;

const EVENT = {
  disconnectionComplete: 0x05,
  commandComplete: 0x0e,
  commandStatus: 0x0f,
  leMeta: 0x3e,
} as const;
const LE_CONNECTION_COMPLETE = 0x01;
/** Size of the shortest of these events. A shorter packet is malformed. */
const MIN_EVENT_BYTES = 7;

/** A command of a host. */
export interface HostCommand {
  readonly opcode: number;
  readonly parameters: Buffer;
}

/** Parses a packet of the host; returns undefined unless it is a command. */
export function parseCommand(packet: Buffer): HostCommand | undefined {
  if (packet[0] !== H4.command) return undefined;
  return { opcode: packet.readUInt16LE(1), parameters: packet.subarray(4) };
}

/** The connection handle of a data packet. */
export function handleOf(packet: Buffer): number | undefined {
  return packet[0] === H4.acl ? packet.readUInt16LE(1) & HANDLE_MASK : undefined;
}

/** The ATT PDU in a data packet. */
export function attPayload(packet: Buffer): Buffer | undefined {
  if (packet[0] !== H4.acl || packet.readUInt16LE(7) !== ATT_CHANNEL) return undefined;
  return packet.subarray(ATT_AT);
}

/** Whether a packet to the host is a response to an ATT request. */
export function isAttResponse(packet: Buffer): boolean {
  const opcode = attPayload(packet)?.[0] ?? -1;
  return opcode === ATT.errorResponse || RESPONSES.includes(opcode);
}

/** Replaces the ATT response in a packet by an error response. */
export function withAttError(packet: Buffer, code: number): Buffer {
  const [opcode = 0, requestInError = 0] = attPayload(packet) ?? [];
  // The opcode of a response is that of its request plus one.
  const request = opcode === ATT.errorResponse ? requestInError : opcode - 1;
  return withAtt(packet, Buffer.from([ATT.errorResponse, request, 0, 0, code]));
}

/** Replaces the ATT PDU in a packet. */
export function withAtt(packet: Buffer, att: Buffer): Buffer {
  const head = Buffer.from(packet.subarray(0, ATT_AT));
  head.writeUInt16LE(att.length + 4, 3);
  head.writeUInt16LE(att.length, 5);
  return Buffer.concat([head, att]);
}

/** Parses a packet to the host that reports the start or the end of a connection. */
export function parseConnectionEvent(
  packet: Buffer,
): { readonly what: 'complete' | 'ended'; readonly status: number; readonly handle: number } | undefined {
  if (packet[0] !== H4.event || packet.length < MIN_EVENT_BYTES) return undefined;
  if (packet[1] === EVENT.disconnectionComplete)
    return { what: 'ended', status: packet.readUInt8(3), handle: packet.readUInt16LE(4) };
  if (packet[1] === EVENT.leMeta && packet[3] === LE_CONNECTION_COMPLETE)
    return { what: 'complete', status: packet.readUInt8(4), handle: packet.readUInt16LE(5) };
  return undefined;
}

/** Parses a packet to the host that answers a command. */
export function parseCommandStatus(
  packet: Buffer,
): { readonly opcode: number; readonly status: number } | undefined {
  if (packet[0] !== H4.event || packet.length < MIN_EVENT_BYTES) return undefined;
  if (packet[1] === EVENT.commandComplete)
    return { opcode: packet.readUInt16LE(4), status: packet.readUInt8(6) };
  if (packet[1] === EVENT.commandStatus)
    return { opcode: packet.readUInt16LE(5), status: packet.readUInt8(3) };
  return undefined;
}
