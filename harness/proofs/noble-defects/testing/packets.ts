import { H4 } from '../../../../hci/socket.ts';

/** Commands of a host, by opcode (Bluetooth Core Vol 4 Part E, 7.1 and 7.8). */
export const COMMAND = {
  disconnect: 0x0406,
  setScanEnable: 0x200c,
  createConnection: 0x200d,
  cancelConnection: 0x200e,
} as const;

/** What passes between two ATT bearers, by opcode (Bluetooth Core Vol 3 Part F, 3.4.8). */
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

/** What a host is told that it asked for, other than that it failed. */
const RESPONSES: readonly number[] = [
  ATT.mtuResponse,
  ATT.readByTypeResponse,
  ATT.readByGroupResponse,
  ATT.writeResponse,
];
const ATT_CHANNEL = 0x0004;
/** Of a data packet: type, handle with flags, length; length and channel of L2CAP. */
const ATT_AT = 9;
const HANDLE_MASK = 0x0fff;

const EVENT = {
  disconnectionComplete: 0x05,
  commandComplete: 0x0e,
  commandStatus: 0x0f,
  leMeta: 0x3e,
} as const;
const LE_CONNECTION_COMPLETE = 0x01;

/** A command that a host sends. */
export interface HostCommand {
  readonly opcode: number;
  readonly parameters: Buffer;
}

/** The command in a packet from the host. */
export function parseCommand(packet: Buffer): HostCommand | undefined {
  if (packet[0] !== H4.command) return undefined;
  return { opcode: packet.readUInt16LE(1), parameters: packet.subarray(4) };
}

/** The connection that a data packet belongs to. */
export function handleOf(packet: Buffer): number | undefined {
  return packet[0] === H4.acl ? packet.readUInt16LE(1) & HANDLE_MASK : undefined;
}

/** The ATT content of a data packet. */
export function attPayload(packet: Buffer): Buffer | undefined {
  if (packet[0] !== H4.acl || packet.readUInt16LE(7) !== ATT_CHANNEL) return undefined;
  return packet.subarray(ATT_AT);
}

/** Whether a packet to the host answers an ATT request of its own. */
export function isAttResponse(packet: Buffer): boolean {
  const opcode = attPayload(packet)?.[0] ?? -1;
  return opcode === ATT.errorResponse || RESPONSES.includes(opcode);
}

/** The same packet to the host, but with an ATT error in place of its answer. */
export function withAttError(packet: Buffer, code: number): Buffer {
  const [opcode = 0, ofRequest = 0] = attPayload(packet) ?? [];
  // The opcode of a response follows that of its request.
  const request = opcode === ATT.errorResponse ? ofRequest : opcode - 1;
  return withAtt(packet, Buffer.from([ATT.errorResponse, request, 0, 0, code]));
}

/** The same packet to the host, but with another ATT content. */
export function withAtt(packet: Buffer, att: Buffer): Buffer {
  const head = Buffer.from(packet.subarray(0, ATT_AT));
  head.writeUInt16LE(att.length + 4, 3);
  head.writeUInt16LE(att.length, 5);
  return Buffer.concat([head, att]);
}

/** The connection that a packet to the host announces, or whose end it does; with its status. */
export function parseConnectionEvent(
  packet: Buffer,
): { readonly what: 'complete' | 'ended'; readonly status: number; readonly handle: number } | undefined {
  if (packet[0] !== H4.event) return undefined;
  if (packet[1] === EVENT.disconnectionComplete)
    return { what: 'ended', status: packet.readUInt8(3), handle: packet.readUInt16LE(4) };
  if (packet[1] === EVENT.leMeta && packet[3] === LE_CONNECTION_COMPLETE)
    return { what: 'complete', status: packet.readUInt8(4), handle: packet.readUInt16LE(5) };
  return undefined;
}

/** The command that a packet to the host answers, with the status of that. */
export function parseCommandStatus(
  packet: Buffer,
): { readonly opcode: number; readonly status: number } | undefined {
  if (packet[0] !== H4.event) return undefined;
  if (packet[1] === EVENT.commandComplete)
    return { opcode: packet.readUInt16LE(4), status: packet.readUInt8(6) };
  if (packet[1] === EVENT.commandStatus)
    return { opcode: packet.readUInt16LE(5), status: packet.readUInt8(3) };
  return undefined;
}
