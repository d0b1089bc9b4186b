import { CHECKSUM_BYTES, checksum } from './checksum.ts';
import { ProtocolError } from './errors.ts';

/** A frame format: `55`, a second byte, a length byte, and a total that follows from it. */
export interface FrameFormat {
  name: string;
  /** The byte after `55`. */
  secondByte: number;
  /** Bytes of a whole frame beyond what its length byte counts. */
  overheadBytes: number;
}

/** The first byte of every frame. */
export const FRAME_START = 0x55;

/** Offset of the length byte, which is also where the checksum begins to count. */
export const LENGTH_OFFSET = 2;

/** What a length byte counts beside the data: command and register. Less than that is no frame. */
export const MIN_LENGTH = 2;

export const MAX_LENGTH = 0xff;

/** A frame of `format` for `dataLength` bytes of data, its first three bytes filled in. Throws `length` over 253. */
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

/** Fills in the checksum, after everything else; returns the frame. */
export function writeChecksum(frame: Buffer): Buffer {
  const end = frame.length - CHECKSUM_BYTES;
  frame.writeUInt16LE(checksum(frame, LENGTH_OFFSET, end), end);
  return frame;
}

/** Why `frame` is not exactly one undamaged frame of `format` (`header`, `length` or `checksum`), if it is not. */
export function frameError(format: FrameFormat, frame: Buffer): ProtocolError | undefined {
  if (frame[0] !== FRAME_START || frame[1] !== format.secondByte) {
    return new ProtocolError('header', `not a ${format.name} frame`);
  }
  const length = frame[LENGTH_OFFSET] ?? 0;
  if (length < MIN_LENGTH || frame.length !== length + format.overheadBytes) {
    return new ProtocolError(
      'length',
      `no ${format.name} frame of length ${length} has ${frame.length} bytes`,
    );
  }
  const end = frame.length - CHECKSUM_BYTES;
  if (frame.readUInt16LE(end) !== checksum(frame, LENGTH_OFFSET, end)) {
    return new ProtocolError('checksum', `damaged ${format.name} frame`);
  }
  return undefined;
}

/** Throws what {@link frameError} finds. */
export function checkFrame(format: FrameFormat, frame: Buffer): void {
  const fault = frameError(format, frame);
  if (fault) throw fault;
}
