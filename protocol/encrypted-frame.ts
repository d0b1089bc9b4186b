import { CHECKSUM_BYTES } from './checksum.ts';
import { ProtocolError, requireLength } from './errors.ts';
import { type FrameFormat, createFrame, writeChecksum, frameError } from './frame.ts';
import type { FrameCipher } from './frame-cipher.ts';
import { FrameScanner } from './frame-scanner.ts';
import { type RegisterMessage, parseMessage, writeMessage } from './message.ts';
import { XOR_FRAME } from './xor-frame.ts';

/** Message of a decrypted frame, and the counter that it was encrypted with. */
export interface OpenedFrame {
  counter: number;
  message: RegisterMessage;
}

/** Frames of scooters with MiAuth: `55 AB | length | counter | encrypted message and padding | tag | checksum`. */
export const ENCRYPTED_FRAME: FrameFormat = { name: '55AB', secondByte: 0xab, overheadBytes: 16 };

/** Maximum frame counter. After it a new login is needed, because a nonce must not repeat. */
export const MAX_COUNTER = 0xffff;

/** Number of random bytes encrypted after the data; the receiver discards them. */
export const PADDING_BYTES = 4;

const COUNTER_OFFSET = 3;
const SEALED_OFFSET = 5;

/**
 * Encrypts a message into a frame. A counter must never be used twice with one cipher. Throws `counter` outside
 * 0…65535, `length` for more than 253 bytes of data or a padding other than 4 bytes, `range` for an invalid header.
 */
export function sealFrame(
  cipher: FrameCipher,
  counter: number,
  message: RegisterMessage,
  padding: Buffer,
): Buffer {
  if (!Number.isInteger(counter) || counter < 0 || counter > MAX_COUNTER) {
    throw new ProtocolError('counter', `counter must be 0…${MAX_COUNTER}, not ${counter}`);
  }
  requireLength(padding, PADDING_BYTES, 'padding');
  const frame = createFrame(ENCRYPTED_FRAME, message.data.length);
  frame[COUNTER_OFFSET] = counter & 0xff;
  frame[COUNTER_OFFSET + 1] = counter >> 8;
  const paddingOffset = writeMessage(message, frame, SEALED_OFFSET);
  frame.set(padding, paddingOffset);
  frame.set(
    cipher.seal(counter, frame.subarray(SEALED_OFFSET, paddingOffset + PADDING_BYTES)),
    SEALED_OFFSET,
  );
  return writeChecksum(frame);
}

/**
 * Decrypts exactly one frame. Throws `header`, `length`, `checksum` or `tag`; `unsupported` for an intact frame of a
 * scooter that predates MiAuth.
 */
export function openFrame(cipher: FrameCipher, frame: Buffer): OpenedFrame {
  const error = frameError(ENCRYPTED_FRAME, frame);
  if (error?.code === 'length' && !frameError(XOR_FRAME, frame)) {
    throw new ProtocolError('unsupported', 'frame of a scooter without MiAuth');
  }
  if (error) throw error;
  return openChecked(cipher, frame);
}

function openChecked(cipher: FrameCipher, frame: Buffer): OpenedFrame {
  const counter = frame.readUInt16LE(COUNTER_OFFSET);
  const opened = cipher.open(counter, frame.subarray(SEALED_OFFSET, -CHECKSUM_BYTES));
  if (!opened) throw new ProtocolError('tag', '55AB frame not encrypted with this session key and counter');
  return { counter, message: parseMessage(opened.subarray(0, -PADDING_BYTES)) };
}

/** Decoder of encrypted frames in a stream of notifications. The caller checks that counters increase. */
export class EncryptedFrameDecoder {
  readonly #scanner: FrameScanner<OpenedFrame>;

  constructor(cipher: FrameCipher) {
    this.#scanner = new FrameScanner(ENCRYPTED_FRAME, (frame) => openChecked(cipher, frame));
  }

  /** Returns the frames that `bytes` completes, in order, with an error for each that cannot be decrypted. */
  push(bytes: Buffer): (OpenedFrame | ProtocolError)[] {
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
