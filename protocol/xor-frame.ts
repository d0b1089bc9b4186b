import { CHECKSUM_BYTES } from './checksum.ts';
import { ProtocolError } from './errors.ts';
import { type FrameFormat, createFrame, frameError, writeChecksum } from './frame.ts';
import { FrameScanner } from './frame-scanner.ts';
import { MESSAGE_HEADER_BYTES, type RegisterMessage, parseMessage, writeMessage } from './message.ts';

/**
 * Frames of scooters with BLE firmware 0x081 and later, before MiAuth: `55 AB | length | message and padding, XORed with
 * the keystream | checksum`. Every frame starts at the beginning of the same keystream: this is no encryption.
 */
export const XOR_FRAME: FrameFormat = { name: 'XORed 55AB', secondByte: 0xab, overheadBytes: 10 };

/** Number of bytes after the data; clients send zeros, and ignore those of replies. */
export const XOR_PADDING_BYTES = 4;

const MESSAGE_OFFSET = 3;
const NO_PADDING = Buffer.alloc(XOR_PADDING_BYTES);

/** Maximum data of a message that can be decoded if only this beginning of the keystream is known. */
export function maxXorDataBytes(keystream: Buffer): number {
  return keystream.length - MESSAGE_HEADER_BYTES;
}

/**
 * Encodes a message. Padding beyond the known keystream is sent as it is, as the known clients do. Throws `keystream` if
 * the message is longer than the keystream, `length` for more than 253 bytes of data, `range` for an invalid header.
 */
export function encodeXorFrame(
  keystream: Buffer,
  message: RegisterMessage,
  padding: Buffer = NO_PADDING,
): Buffer {
  requireKnown(keystream, message.data.length);
  const frame = createFrame(XOR_FRAME, message.data.length);
  const paddingOffset = writeMessage(message, frame, MESSAGE_OFFSET);
  frame.set(padding, paddingOffset);
  frame.set(xor(frame.subarray(MESSAGE_OFFSET, -CHECKSUM_BYTES), keystream), MESSAGE_OFFSET);
  return writeChecksum(frame);
}

/** Decodes exactly one frame. Throws `header`, `length`, `checksum`, or `keystream` if it is longer than the keystream. */
export function decodeXorFrame(keystream: Buffer, frame: Buffer): RegisterMessage {
  const error = frameError(XOR_FRAME, frame);
  if (error) throw error;
  return decodeChecked(keystream, frame);
}

function decodeChecked(keystream: Buffer, frame: Buffer): RegisterMessage {
  const encoded = frame.subarray(MESSAGE_OFFSET, -CHECKSUM_BYTES - XOR_PADDING_BYTES);
  requireKnown(keystream, encoded.length - MESSAGE_HEADER_BYTES);
  return parseMessage(xor(encoded, keystream));
}

function requireKnown(keystream: Buffer, dataBytes: number): void {
  if (dataBytes <= maxXorDataBytes(keystream)) return;
  throw new ProtocolError(
    'keystream',
    `${dataBytes} bytes of data need more than the ${keystream.length} known bytes of the keystream`,
  );
}

/** Returns a copy of `bytes`, XORed with the keystream as far as that is known. */
function xor(bytes: Buffer, keystream: Buffer): Buffer {
  const result = Buffer.from(bytes);
  result.forEach((byte, index) => (result[index] = byte ^ (keystream[index] ?? 0)));
  return result;
}

/** Decoder of XORed frames in a stream of notifications. */
export class XorFrameDecoder {
  readonly #scanner: FrameScanner<RegisterMessage>;

  constructor(keystream: Buffer) {
    this.#scanner = new FrameScanner(XOR_FRAME, (frame) => decodeChecked(keystream, frame));
  }

  /** Returns the messages that `bytes` completes, in order, with an error for each invalid candidate. */
  push(bytes: Buffer): (RegisterMessage | ProtocolError)[] {
    return this.#scanner.push(bytes);
  }

  /** Discards a partial frame. */
  reset(): void {
    this.#scanner.reset();
  }

  /** Discards a partial frame once another one begins: until then its rest may arrive late. */
  expectFrame(): void {
    this.#scanner.expectFrame();
  }
}
