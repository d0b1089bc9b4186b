import { CHECKSUM_BYTES } from './checksum.ts';
import type { ProtocolError } from './errors.ts';
import { type FrameFormat, createFrame, checkFrame, writeChecksum } from './frame.ts';
import { FrameScanner } from './frame-scanner.ts';
import { type RegisterMessage, parseMessage, writeMessage } from './message.ts';

/** `55 AA | length | address command register data | checksum`: scooters without MiAuth. */
export const PLAIN_FRAME: FrameFormat = { name: '55AA', secondByte: 0xaa, overheadBytes: 6 };

const MESSAGE_OFFSET = 3;

/** The frame of `message`. Throws `length` for more than 253 bytes of data, `range` for a head that is no bytes. */
export function encodePlainFrame(message: RegisterMessage): Buffer {
  const frame = createFrame(PLAIN_FRAME, message.data.length);
  writeMessage(message, frame, MESSAGE_OFFSET);
  return writeChecksum(frame);
}

/** The message of exactly one frame. Throws `header`, `length` or `checksum`. */
export function decodePlainFrame(frame: Buffer): RegisterMessage {
  checkFrame(PLAIN_FRAME, frame);
  return decodeChecked(frame);
}

function decodeChecked(frame: Buffer): RegisterMessage {
  return parseMessage(Buffer.from(frame.subarray(MESSAGE_OFFSET, frame.length - CHECKSUM_BYTES)));
}

/** Finds plain frames in a stream of notifications. */
export class PlainFrameDecoder {
  readonly #scanner = new FrameScanner(PLAIN_FRAME, decodeChecked);

  /** The messages that are complete now that `bytes` came, in order; an error for each damaged candidate. */
  push(bytes: Buffer): (RegisterMessage | ProtocolError)[] {
    return this.#scanner.push(bytes);
  }

  /** Forgets a frame begun. */
  reset(): void {
    this.#scanner.reset();
  }
}
