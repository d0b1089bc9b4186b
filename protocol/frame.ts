import { CHECKSUM_BYTES, checksum } from './checksum.ts';
import { ProtocolError } from './errors.ts';

/** Format of register frames: `55`, a second byte, a length byte, and a total size that follows from it. */
export interface FrameFormat {
  name: string;
  /** The byte after `55`. */
  secondByte: number;
  /** Size of a whole frame minus its length byte. */
  overheadBytes: number;
}

/** First byte of every frame. */
export const FRAME_START = 0x55;

/** Offset of the length byte, and of the first byte that the checksum covers. */
export const LENGTH_OFFSET = 2;

/** Minimum length byte: it counts command and register in addition to the data. */
export const MIN_LENGTH = 2;

export const MAX_LENGTH = 0xff;

/** Allocates a frame for `dataLength` bytes of data, and fills in its first three bytes. Throws `length` over 253. */
export function createFrame(format: FrameFormat, dataLength: number): Buffer {
  const length = dataLength + MIN_LENGTH;
  if (length > MAX_LENGTH) {
    throw new ProtocolError('length', `${dataLength} bytes of data do not fit in a ${format.name} frame`);
  }
  const frame = Buffer.allocUnsafe(length + format.overheadBytes);
  frame[0] = FRAME_START;
  frame[1] = format.secondByte;
  frame[LENGTH_OFFSET] = length;
  return frame;
}

/** Fills in the checksum of an otherwise complete frame, and returns the frame. */
export function writeChecksum(frame: Buffer): Buffer {
  const end = frame.length - CHECKSUM_BYTES;
  frame.writeUInt16LE(checksum(frame, LENGTH_OFFSET, end), end);
  return frame;
}

/** Validates one frame: returns the error (`header`, `length` or `checksum`), or undefined if it is intact. */
export function frameError(format: FrameFormat, frame: Buffer): ProtocolError | undefined {
  if (frame[0] !== FRAME_START || frame[1] !== format.secondByte) {
    return new ProtocolError('header', `not a ${format.name} frame`);
  }
  const length = frame[LENGTH_OFFSET] ?? 0;
  if (length < MIN_LENGTH || frame.length !== length + format.overheadBytes) {
    return new ProtocolError(
      'length',
      `a ${format.name} frame of length ${length} cannot have ${frame.length} bytes`,
    );
  }
  const end = frame.length - CHECKSUM_BYTES;
  if (frame.readUInt16LE(end) !== checksum(frame, LENGTH_OFFSET, end)) {
    return new ProtocolError('checksum', `corrupt ${format.name} frame`);
  }
  return undefined;
}
