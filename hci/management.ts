/**
 * Messages of the kernel's management channel: opcode or event, adapter index and length of the parameters, 16 bits
 * each, little-endian (doc/mgmt-api.txt of BlueZ).
 */
const HEADER_BYTES = 6;
const SET_POWERED = 0x0005;
const EVENT = { commandComplete: 0x0001, commandStatus: 0x0002 } as const;
/** Both events begin with the opcode of the command and a status of one byte. */
const RESULT_BYTES = 3;

/** Status codes of the management channel. */
export const MGMT_STATUS = {
  success: 0x00,
  busy: 0x0a,
  invalidParameters: 0x0d,
  /** No such adapter, or one that the kernel is setting up, or one that a program holds in the user channel. */
  invalidIndex: 0x11,
} as const;

/** A Set Powered command. */
export interface SetPowered {
  readonly index: number;
  readonly isOn: boolean;
}

function message(code: number, index: number, parameters: Buffer): Buffer {
  const header = Buffer.alloc(HEADER_BYTES);
  header.writeUInt16LE(code, 0);
  header.writeUInt16LE(index, 2);
  header.writeUInt16LE(parameters.length, 4);
  return Buffer.concat([header, parameters]);
}

/** Encodes a command that powers an adapter on or off. */
export function encodeSetPowered({ index, isOn }: SetPowered): Buffer {
  return message(SET_POWERED, index, Buffer.of(isOn ? 1 : 0));
}

/** Decodes a Set Powered command; undefined for other commands. */
export function decodeSetPowered(packet: Buffer): SetPowered | undefined {
  if (packet.length !== HEADER_BYTES + 1 || packet.readUInt16LE(0) !== SET_POWERED) return undefined;
  return { index: packet.readUInt16LE(2), isOn: packet[HEADER_BYTES] === 1 };
}

/** Encodes the reply to a Set Powered command: Command Complete with the current settings, or Command Status. */
export function encodePoweredReply(index: number, status: number): Buffer {
  const result = Buffer.alloc(RESULT_BYTES);
  result.writeUInt16LE(SET_POWERED, 0);
  result[2] = status;
  const settings = Buffer.alloc(4);
  return status === MGMT_STATUS.success
    ? message(EVENT.commandComplete, index, Buffer.concat([result, settings]))
    : message(EVENT.commandStatus, index, result);
}

/** Decodes the status of the reply to a Set Powered command for an adapter; undefined for any other event. */
export function decodePoweredReply(packet: Buffer, index: number): number | undefined {
  if (packet.length < HEADER_BYTES + RESULT_BYTES) return undefined;
  const event = packet.readUInt16LE(0);
  const isReply = event === EVENT.commandComplete || event === EVENT.commandStatus;
  if (!isReply || packet.readUInt16LE(2) !== index || packet.readUInt16LE(HEADER_BYTES) !== SET_POWERED) {
    return undefined;
  }
  return packet[HEADER_BYTES + 2];
}
