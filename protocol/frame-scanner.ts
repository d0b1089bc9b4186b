import { ProtocolError } from './errors.ts';
import { FRAME_START, type FrameFormat, MAX_LENGTH, MIN_LENGTH, LENGTH_OFFSET, frameError } from './frame.ts';

/** Number of bytes needed to know a frame's length. */
const PREFIX_BYTES = LENGTH_OFFSET + 1;

/**
 * Extracts the frames of one format from a byte stream that is split arbitrarily into notifications and may contain
 * garbage. After an invalid length or checksum it resynchronises one byte further on. Memory is bounded by two
 * frames of maximum length, work by a constant per byte.
 */
export class FrameScanner<Opened> {
  readonly #format: FrameFormat;
  readonly #open: (frame: Buffer) => Opened;
  readonly #buffer: Buffer;
  #start = 0;
  #end = 0;
  /** Whether a partial frame is to be discarded once another one begins. */
  #isPartialStale = false;

  /**
   * @param open converts an intact frame to the result of `push`, or throws a ProtocolError. Its argument is a view on
   *   memory that is overwritten later.
   */
  constructor(format: FrameFormat, open: (frame: Buffer) => Opened) {
    this.#format = format;
    this.#open = open;
    this.#buffer = Buffer.allocUnsafe(2 * (MAX_LENGTH + format.overheadBytes));
  }

  /** Returns the frames that `bytes` completes, in order, with an error for each invalid candidate. */
  push(bytes: Buffer): (Opened | ProtocolError)[] {
    const found: (Opened | ProtocolError)[] = [];
    if (this.#isPartialStale && this.#isHeader(bytes, 0)) this.reset();
    for (let consumed = 0; consumed < bytes.length;) {
      if (this.#end === this.#buffer.length) this.#compact();
      const copied = bytes.copy(this.#buffer, this.#end, consumed);
      consumed += copied;
      this.#end += copied;
      this.#extractFrames(found);
    }
    return found;
  }

  /** Discards a partial frame: after a timeout, or at the start of a new connection. */
  reset(): void {
    this.#start = 0;
    this.#end = 0;
    this.#isPartialStale = false;
  }

  /** Discards a partial frame once `push` gets the first bytes of another one: until then its rest may arrive late. */
  expectFrame(): void {
    this.#isPartialStale = true;
  }

  #compact(): void {
    this.#end = this.#buffer.copy(this.#buffer, 0, this.#start, this.#end);
    this.#start = 0;
  }

  #extractFrames(found: (Opened | ProtocolError)[]): void {
    while (this.#seekHeader()) {
      const length = this.#buffer[this.#start + LENGTH_OFFSET] ?? 0;
      const total = length < MIN_LENGTH ? PREFIX_BYTES : length + this.#format.overheadBytes;
      if (this.#end - this.#start < total) return;
      const frame = this.#buffer.subarray(this.#start, this.#start + total);
      const error = frameError(this.#format, frame);
      found.push(error ?? this.#tryOpen(frame));
      this.#start += error ? 1 : total;
    }
  }

  /** Advances to the next header; false if too few bytes are left to know a frame's length. */
  #seekHeader(): boolean {
    for (; this.#end - this.#start >= PREFIX_BYTES; this.#start += 1) {
      if (this.#isHeader(this.#buffer, this.#start)) return true;
    }
    return false;
  }

  #isHeader(bytes: Buffer, offset: number): boolean {
    return bytes[offset] === FRAME_START && bytes[offset + 1] === this.#format.secondByte;
  }

  #tryOpen(frame: Buffer): Opened | ProtocolError {
    try {
      return this.#open(frame);
    } catch (error) {
      if (error instanceof ProtocolError) return error;
      throw error;
    }
  }
}
