import { ProtocolError } from './errors.ts';
import { FRAME_START, type FrameFormat, MAX_LENGTH, MIN_LENGTH, LENGTH_OFFSET, frameError } from './frame.ts';

/** Bytes that must be there before a frame's length is known. */
const PREFIX_BYTES = LENGTH_OFFSET + 1;

/**
 * Finds the frames of one format in a stream cut anywhere: notifications, with noise between them. After a bad
 * length or checksum it looks for the next header one byte further on. Memory is bounded by two frames of the
 * longest kind, work by a constant for each byte.
 */
export class FrameScanner<Opened> {
  readonly #format: FrameFormat;
  readonly #open: (frame: Buffer) => Opened;
  readonly #buffer: Buffer;
  #start = 0;
  #end = 0;

  /**
   * @param open turns an undamaged frame into what `push` returns, or throws a ProtocolError. It is given a view
   *   that is overwritten later.
   */
  constructor(format: FrameFormat, open: (frame: Buffer) => Opened) {
    this.#format = format;
    this.#open = open;
    this.#buffer = Buffer.allocUnsafe(2 * (MAX_LENGTH + format.overheadBytes));
  }

  /** What is complete now that `bytes` came, in order; an error for each candidate that was no good frame. */
  push(bytes: Buffer): (Opened | ProtocolError)[] {
    const found: (Opened | ProtocolError)[] = [];
    for (let taken = 0; taken < bytes.length;) {
      if (this.#end === this.#buffer.length) this.#compact();
      const copied = bytes.copy(this.#buffer, this.#end, taken);
      taken += copied;
      this.#end += copied;
      this.#extractFrames(found);
    }
    return found;
  }

  /** Forgets a frame begun: for when the rest of it stays away, or a new connection begins. */
  reset(): void {
    this.#start = 0;
    this.#end = 0;
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

  /** Moves to the next header; false if too little is left to know a frame's length. */
  #seekHeader(): boolean {
    for (; this.#end - this.#start >= PREFIX_BYTES; this.#start += 1) {
      if (
        this.#buffer[this.#start] === FRAME_START &&
        this.#buffer[this.#start + 1] === this.#format.secondByte
      ) {
        return true;
      }
    }
    return false;
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
