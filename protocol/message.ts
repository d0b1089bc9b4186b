import { ProtocolError } from './errors.ts';

/** The addresses of the scooter's devices: the one an app asks, and the one the answer comes from. */
export const ADDRESSES = {
  /** The motor controller. */
  esc: { request: 0x20, reply: 0x23 },
  /** The dashboard with the Bluetooth chip. */
  ble: { request: 0x21, reply: 0x24 },
  /** The battery management system. */
  bms: { request: 0x22, reply: 0x25 },
} as const;

export type Device = keyof typeof ADDRESSES;

const devices = Object.keys(ADDRESSES) as Device[];

export const COMMANDS = {
  /** Data is the number of bytes wanted; the answer's data are the bytes. */
  read: 0x01,
  /** Data are the bytes to write; the answer's data is one byte of result. */
  write: 0x02,
  /** As `write`, but nobody answers. */
  writeNoReply: 0x03,
} as const;

/** What a register frame says, plain or encrypted: `address command register data`. */
export interface RegisterMessage {
  address: number;
  command: number;
  /** Index of a 16-bit word; a read runs on into the words after it. */
  register: number;
  /** 0…253 bytes. */
  data: Buffer;
}

/** The most bytes a scooter is known to answer in one read. */
export const MAX_READ_BYTES = 56;

/** The most data a frame can have: its length field is a byte that counts command and register too. */
export const MAX_DATA_BYTES = 0xff - 2;

/** Bytes of a message before its data. */
export const MESSAGE_HEADER_BYTES = 3;

/** Asks `device` for `byteCount` (1…56) bytes from `register` on; throws `range` for more. */
export function readRequest(device: Device, register: number, byteCount: number): RegisterMessage {
  if (!Number.isInteger(byteCount) || byteCount < 1 || byteCount > MAX_READ_BYTES) {
    throw new ProtocolError('range', `cannot read ${byteCount} bytes at once`);
  }
  return { address: ADDRESSES[device].request, command: COMMANDS.read, register, data: Buffer.of(byteCount) };
}

/** Writes `data` to `device` from `register` on, answered unless `command` says otherwise. */
export function writeRequest(
  device: Device,
  register: number,
  data: Buffer,
  command: 'write' | 'writeNoReply' = 'write',
): RegisterMessage {
  return { address: ADDRESSES[device].request, command: COMMANDS[command], register, data };
}

/** The device that a request is for; undefined if an app may not ask that address. */
export function requestedDevice(request: RegisterMessage): Device | undefined {
  return devices.find((device) => ADDRESSES[device].request === request.address);
}

/** The answer to a request of `device`, with the bytes read or the one-byte result of a write. */
export function replyTo(device: Device, request: RegisterMessage, data: Buffer): RegisterMessage {
  return { address: ADDRESSES[device].reply, command: request.command, register: request.register, data };
}

/** Whether `reply` answers `request`: same device, command and register, and as many bytes as were asked for. */
export function isReplyTo(request: RegisterMessage, reply: RegisterMessage): boolean {
  const device = requestedDevice(request);
  return (
    device !== undefined &&
    reply.address === ADDRESSES[device].reply &&
    reply.command === request.command &&
    reply.register === request.register &&
    (request.command !== COMMANDS.read || reply.data.length === request.data[0])
  );
}

/** Writes `message` into `target` at `offset`; returns the offset behind it. Throws `range` for a field too big. */
export function writeMessage(message: RegisterMessage, target: Buffer, offset: number): number {
  requireByte(message.address, 'address');
  requireByte(message.command, 'command');
  requireByte(message.register, 'register');
  target[offset] = message.address;
  target[offset + 1] = message.command;
  target[offset + 2] = message.register;
  target.set(message.data, offset + MESSAGE_HEADER_BYTES);
  return offset + MESSAGE_HEADER_BYTES + message.data.length;
}

/** The message in `bytes`, whose data stay a view on them. Throws `length` for less than its three-byte head. */
export function parseMessage(bytes: Buffer): RegisterMessage {
  const [address, command, register] = bytes;
  if (address === undefined || command === undefined || register === undefined) {
    throw new ProtocolError('length', `a message cannot have ${bytes.length} bytes`);
  }
  return { address, command, register, data: bytes.subarray(MESSAGE_HEADER_BYTES) };
}

function requireByte(value: number, what: string): void {
  if (!Number.isInteger(value) || value < 0 || value > 0xff) {
    throw new ProtocolError('range', `${what} ${value} is no byte`);
  }
}
