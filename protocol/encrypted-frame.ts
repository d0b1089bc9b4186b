import { CHECKSUM_BYTES } from './checksum.ts';
import { ProtocolError, requireLength } from './errors.ts';
import { type FrameFormat, createFrame, writeChecksum, frameError } from './frame.ts';
import type { FrameCipher } from './frame-cipher.ts';
import { FrameScanner } from './frame-scanner.ts';
import { type RegisterMessage, parseMessage, writeMessage } from './message.ts';

/** A frame's content and the counter it was sealed with. */
export interface OpenedFrame {
  counter: number;
  message: RegisterMessage;
}

/** `55 AB | length | counter | sealed message and padding | tag | checksum`: scooters with MiAuth. */
export const ENCRYPTED_FRAME: FrameFormat = { name: '55AB', secondByte: 0xab, overheadBytes: 16 };

/** The highest counter a frame can carry; the next needs a new login, or a nonce would come twice. */
export const MAX_COUNTER = 0xffff;

/** Random bytes that follow the data inside the seal; the receiver drops them. */
export const PADDING_BYTES = 4;

const COUNTER_OFFSET = 3;
const SEALED_OFFSET = 5;

/**
 * The frame of `message`. A counter must never be used twice with one cipher. Throws `counter` outside
 * 0…65535, `length` for more than 253 bytes of data or a padding of other than 4, `range` for a bad head.
 */
export function sealFrame(
  cipher: FrameCipher,
  counter: number,
  message: RegisterMessage,
  padding: Buffer,
): Buffer {
  if (!Number.isInteger(counter) || counter < 0 || counter > MAX_COUNTER) {
    throw new ProtocolError('counter', `counter ${counter} is not 0…${MAX_COUNTER}`);
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

/** `55 AB` of scooters before MiAuth (BLE firmware 0x081 and later): XORed, without counter and tag. */
const XOR_FRAME: FrameFormat = {
  name: 'XORed 55AB',
  secondByte: ENCRYPTED_FRAME.secondByte,
  overheadBytes: 10,
};

/**
 * The content of exactly one frame. Throws `header`, `length`, `checksum` or `tag`; `unsupported` for an
 * undamaged frame of a scooter too old for MiAuth.
 */
export function openFrame(cipher: FrameCipher, frame: Buffer): OpenedFrame {
  const fault = frameError(ENCRYPTED_FRAME, frame);
  if (fault?.code === 'length' && !frameError(XOR_FRAME, frame)) {
    throw new ProtocolError('unsupported', 'a frame of a scooter without MiAuth');
  }
  if (fault) throw fault;
  return openChecked(cipher, frame);
}

function openChecked(cipher: FrameCipher, frame: Buffer): OpenedFrame {
  const counter = frame.readUInt16LE(COUNTER_OFFSET);
  const opened = cipher.open(counter, frame.subarray(SEALED_OFFSET, -CHECKSUM_BYTES));
  if (!opened) throw new ProtocolError('tag', '55AB frame not sealed with this session key and counter');
  return { counter, message: parseMessage(opened.subarray(0, -PADDING_BYTES)) };
}

/** Finds encrypted frames in a stream of notifications. Checking that counters rise is left to the caller. */
export class EncryptedFrameDecoder {
  readonly #scanner: FrameScanner<OpenedFrame>;

  constructor(cipher: FrameCipher) {
    this.#scanner = new FrameScanner(ENCRYPTED_FRAME, (frame) => openChecked(cipher, frame));
  }

  /** The frames that are complete now that `bytes` came, in order; an error for each that cannot be opened. */
  push(bytes: Buffer): (OpenedFrame | ProtocolError)[] {
    return this.#scanner.push(bytes);
  }

  /** Forgets a frame begun. */
  reset(): void {
    this.#scanner.reset();
  }
}
