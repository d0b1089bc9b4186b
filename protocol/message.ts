import { ProtocolError } from './errors.ts';

/** Addresses of the scooter's devices in requests and in replies. */
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
  /** The data is the number of bytes to read; the data of the reply is those bytes. */
  read: 0x01,
  /** The data is the bytes to write; the data of the reply is one result byte. */
  write: 0x02,
  /** As `write`, but without a reply. */
  writeNoReply: 0x03,
} as const;

/** Message of a register frame, plain or encrypted: `address command register data`. */
export interface RegisterMessage {
  address: number;
  command: number;
  /** Index of the first 16-bit word. */
  register: number;
  /** 0…253 bytes. */
  data: Buffer;
}

/** Maximum size of a read that scooters are known to answer. */
export const MAX_READ_BYTES = 56;

/** Maximum data of a frame: its length byte also counts command and register. */
export const MAX_DATA_BYTES = 0xff - 2;

/** Size of a message before its data. */
export const MESSAGE_HEADER_BYTES = 3;

/** Creates a request to read `byteCount` (1…56) bytes from `register` on. Throws `range`. */
export function readRequest(device: Device, register: number, byteCount: number): RegisterMessage {
  if (!Number.isInteger(byteCount) || byteCount < 1 || byteCount > MAX_READ_BYTES) {
    throw new ProtocolError('range', `byte count of a read must be 1…${MAX_READ_BYTES}, not ${byteCount}`);
  }
  return { address: ADDRESSES[device].request, command: COMMANDS.read, register, data: Buffer.of(byteCount) };
}

/** Creates a request to write `data` from `register` on. */
export function writeRequest(
  device: Device,
  register: number,
  data: Buffer,
  command: 'write' | 'writeNoReply' = 'write',
): RegisterMessage {
  return { address: ADDRESSES[device].request, command: COMMANDS[command], register, data };
}

/** Device that a request addresses; undefined for any other address. */
export function requestedDevice(request: RegisterMessage): Device | undefined {
  return devices.find((device) => ADDRESSES[device].request === request.address);
}

/** Creates the reply to a request, with the bytes read or the one-byte result of a write. */
export function replyTo(device: Device, request: RegisterMessage, data: Buffer): RegisterMessage {
  return { address: ADDRESSES[device].reply, command: request.command, register: request.register, data };
}

/** Whether `reply` belongs to `request`: same device, command and register, and the requested number of bytes. */
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

/** Writes `message` into `target` at `offset` and returns the end offset. Throws `range` if a field is not a byte. */
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

/** Decodes a message; its data is a view on `bytes`. Throws `length` below the three-byte header. */
export function parseMessage(bytes: Buffer): RegisterMessage {
  const [address, command, register] = bytes;
  if (address === undefined || command === undefined || register === undefined) {
    throw new ProtocolError('length', `a message cannot have ${bytes.length} bytes`);
  }
  return { address, command, register, data: bytes.subarray(MESSAGE_HEADER_BYTES) };
}

function requireByte(value: number, what: string): void {
  if (!Number.isInteger(value) || value < 0 || value > 0xff) {
    throw new ProtocolError('range', `${what} must be 0…255, not ${value}`);
  }
}
