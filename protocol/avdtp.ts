import { ProtocolError } from './errors.ts';
import { ATT_PAYLOAD_BYTES } from './gatt.ts';

/** Payload of every chunk except the last: an ATT payload minus the chunk number. */
export const CHUNK_PAYLOAD_BYTES = ATT_PAYLOAD_BYTES - 2;

/** Types of parcels, the messages of the login protocol, with their minimum and maximum sizes (MiAuth SDK). */
export const PARCEL = {
  /** Device info from the scooter; encrypted device id from the app. */
  passThrough: { type: 0x00, minBytes: 1, maxBytes: 24 },
  publicKey: { type: 0x03, minBytes: 64, maxBytes: 64 },
  appConfirmation: { type: 0x0a, minBytes: 32, maxBytes: 32 },
  appRandom: { type: 0x0b, minBytes: 16, maxBytes: 16 },
  deviceConfirmation: { type: 0x0c, minBytes: 32, maxBytes: 32 },
  deviceRandom: { type: 0x0d, minBytes: 16, maxBytes: 16 },
} as const;

export type ParcelType = keyof typeof PARCEL;

/** Frames on Xiaomi's AVDTP characteristic (not the Bluetooth audio protocol): control frames, and chunks of a parcel. */
export type AvdtpFrame =
  /** Sender: announces a parcel of `chunkCount` chunks. */
  | { kind: 'announce'; type: ParcelType; chunkCount: number }
  /** Sender: chunk number `index`, starting at 1. */
  | { kind: 'chunk'; index: number; payload: Buffer }
  /** Sender: a whole parcel of at most 16 bytes, without announcement. */
  | { kind: 'single'; type: ParcelType; payload: Buffer }
  /** Receiver: acknowledges a single-packet parcel; `result` 0 means received. */
  | { kind: 'singleAck'; result: number }
  /** Receiver: requests the missing chunks, at most 8. */
  | { kind: 'lost'; chunks: number[] }
  /** Receiver: ready for the announced parcel. */
  | { kind: 'ready' }
  /** Receiver: parcel complete. */
  | { kind: 'complete' }
  /** Receiver: busy. */
  | { kind: 'busy' }
  /** Receiver: chunks are missing for too long. */
  | { kind: 'timeout' }
  /** Receiver: parcel rejected. */
  | { kind: 'cancel' }
  /** Scooter: proposes a link parameter of the official app's greeting. */
  | { kind: 'linkParameter'; type: number; payload: Buffer }
  /** App: accepts it, by repeating it. */
  | { kind: 'linkParameterAck'; type: number; payload: Buffer };

const MODE = { announce: 0, ack: 1, single: 2, singleAck: 3, linkParameter: 4, linkParameterAck: 5 } as const;

const ACK = { complete: 0, ready: 1, busy: 2, timeout: 3, cancel: 4, lost: 5 } as const;

type PlainAck = Exclude<keyof typeof ACK, 'lost'>;

/** Maximum number of chunk numbers in one LOST frame. */
export const MAX_LOST_CHUNKS = (ATT_PAYLOAD_BYTES - 4) / 2;

/** Maximum size of a single-packet parcel. */
export const MAX_SINGLE_BYTES = ATT_PAYLOAD_BYTES - 4;

const ANNOUNCE_BYTES = 6;

const parcelTypes = new Map<number, ParcelType>(
  (Object.keys(PARCEL) as ParcelType[]).map((type) => [PARCEL[type].type, type]),
);

const plainAcks = new Map<number, PlainAck>(
  (Object.keys(ACK) as (keyof typeof ACK)[]).filter((ack) => ack !== 'lost').map((ack) => [ACK[ack], ack]),
);

const controlFrame = (mode: number, argument: number, rest: Buffer | number[] = []): Buffer =>
  Buffer.from([0, 0, mode, argument, ...rest]);

const u16 = (value: number): number[] => [value & 0xff, value >> 8];

function requireInRange(value: number, min: number, max: number, what: string): void {
  if (!Number.isInteger(value) || value < min || value > max) {
    throw new ProtocolError('range', `${what} must be ${min}…${max}, not ${value}`);
  }
}

/** Encodes a frame in at most one ATT payload. Throws `range` for an invalid count, number or size. */
export function encodeAvdtp(frame: AvdtpFrame): Buffer {
  switch (frame.kind) {
    case 'announce':
      requireInRange(frame.chunkCount, 1, 0xffff, 'chunk count');
      return controlFrame(MODE.announce, PARCEL[frame.type].type, u16(frame.chunkCount));
    case 'chunk':
      requireInRange(frame.index, 1, 0xffff, 'chunk number');
      requireInRange(frame.payload.length, 1, CHUNK_PAYLOAD_BYTES, 'chunk size');
      return Buffer.from([...u16(frame.index), ...frame.payload]);
    case 'single':
      requireInRange(frame.payload.length, 1, MAX_SINGLE_BYTES, 'size of a single-packet parcel');
      return controlFrame(MODE.single, PARCEL[frame.type].type, frame.payload);
    case 'singleAck':
      requireInRange(frame.result, 0, 0xff, 'result');
      return controlFrame(MODE.singleAck, frame.result);
    case 'linkParameter':
    case 'linkParameterAck':
      requireInRange(frame.type, 0, 0xff, 'type of a link parameter');
      requireInRange(frame.payload.length, 0, MAX_SINGLE_BYTES, 'size of a link parameter');
      return controlFrame(MODE[frame.kind], frame.type, frame.payload);
    case 'lost':
      requireInRange(frame.chunks.length, 1, MAX_LOST_CHUNKS, 'number of lost chunks');
      for (const index of frame.chunks) requireInRange(index, 1, 0xffff, 'chunk number');
      return controlFrame(MODE.ack, ACK.lost, frame.chunks.flatMap(u16));
    case 'ready':
    case 'complete':
    case 'busy':
    case 'timeout':
    case 'cancel':
      return controlFrame(MODE.ack, ACK[frame.kind]);
  }
}

/** Decodes a frame; undefined if it is invalid. */
export function decodeAvdtp(bytes: Buffer): AvdtpFrame | undefined {
  if (bytes.length < 3 || bytes.length > ATT_PAYLOAD_BYTES) return undefined;
  const index = bytes.readUInt16LE(0);
  return index === 0 ? decodeControl(bytes) : { kind: 'chunk', index, payload: bytes.subarray(2) };
}

function decodeControl(bytes: Buffer): AvdtpFrame | undefined {
  if (bytes.length < 4) return undefined;
  const argument = bytes.readUInt8(3);
  const rest = bytes.subarray(4);
  switch (bytes.readUInt8(2)) {
    case MODE.announce: {
      const type = parcelTypes.get(argument);
      if (type === undefined || bytes.length !== ANNOUNCE_BYTES) return undefined;
      const chunkCount = rest.readUInt16LE(0);
      return chunkCount === 0 ? undefined : { kind: 'announce', type, chunkCount };
    }
    case MODE.ack:
      return argument === ACK.lost ? decodeLost(rest) : decodePlainAck(argument, rest);
    case MODE.single: {
      const type = parcelTypes.get(argument);
      return type === undefined || rest.length === 0 ? undefined : { kind: 'single', type, payload: rest };
    }
    case MODE.singleAck:
      return rest.length === 0 ? { kind: 'singleAck', result: argument } : undefined;
    case MODE.linkParameter:
      return { kind: 'linkParameter', type: argument, payload: rest };
    case MODE.linkParameterAck:
      return { kind: 'linkParameterAck', type: argument, payload: rest };
    default:
      return undefined;
  }
}

function decodePlainAck(argument: number, rest: Buffer): AvdtpFrame | undefined {
  const kind = plainAcks.get(argument);
  return kind === undefined || rest.length > 0 ? undefined : { kind };
}

function decodeLost(list: Buffer): AvdtpFrame | undefined {
  if (list.length === 0 || list.length % 2 !== 0) return undefined;
  const chunks = Array.from({ length: list.length / 2 }, (_, position) => list.readUInt16LE(2 * position));
  return chunks.includes(0) ? undefined : { kind: 'lost', chunks };
}
