import { CHECKSUM_BYTES } from './checksum.ts';
import type { ProtocolError } from './errors.ts';
import { type FrameFormat, createFrame, frameError, writeChecksum } from './frame.ts';
import { FrameScanner } from './frame-scanner.ts';
import { type RegisterMessage, parseMessage, writeMessage } from './message.ts';

/** Frames of scooters without encryption: `55 AA | length | address command register data | checksum`. */
export const PLAIN_FRAME: FrameFormat = { name: '55AA', secondByte: 0xaa, overheadBytes: 6 };

const MESSAGE_OFFSET = 3;

/** Encodes a message. Throws `length` for more than 253 bytes of data, `range` for an invalid header. */
export function encodePlainFrame(message: RegisterMessage): Buffer {
  const frame = createFrame(PLAIN_FRAME, message.data.length);
  writeMessage(message, frame, MESSAGE_OFFSET);
  return writeChecksum(frame);
}

/** Decodes exactly one frame. Throws `header`, `length` or `checksum`. */
export function decodePlainFrame(frame: Buffer): RegisterMessage {
  const error = frameError(PLAIN_FRAME, frame);
  if (error) throw error;
  return decodeChecked(frame);
}

function decodeChecked(frame: Buffer): RegisterMessage {
  return parseMessage(Buffer.from(frame.subarray(MESSAGE_OFFSET, frame.length - CHECKSUM_BYTES)));
}

/** Decoder of plain frames in a stream of notifications. */
export class PlainFrameDecoder {
  readonly #scanner = new FrameScanner(PLAIN_FRAME, decodeChecked);

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
