import { ProtocolError } from './errors.ts';
import { FRAME_START, type FrameFormat, LENGTH_MAX, LENGTH_MIN, LENGTH_OFFSET, frameFault } from './frame.ts';

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
  readonly #window: Buffer;
  #start = 0;
  #end = 0;

  /**
   * @param open turns an undamaged frame into what `push` returns, or throws a ProtocolError. It is given a view
   *   that is overwritten later.
   */
  constructor(format: FrameFormat, open: (frame: Buffer) => Opened) {
    this.#format = format;
    this.#open = open;
    this.#window = Buffer.allocUnsafe(2 * (LENGTH_MAX + format.overhead));
  }

  /** What is complete now that `bytes` came, in order; an error for each candidate that was no good frame. */
  push(bytes: Buffer): (Opened | ProtocolError)[] {
    const found: (Opened | ProtocolError)[] = [];
    for (let taken = 0; taken < bytes.length;) {
      if (this.#end === this.#window.length) this.#moveToFront();
      const copied = bytes.copy(this.#window, this.#end, taken);
      taken += copied;
      this.#end += copied;
      this.#drain(found);
    }
    return found;
  }

  /** Forgets a frame begun: for when the rest of it stays away, or a new connection begins. */
  reset(): void {
    this.#start = 0;
    this.#end = 0;
  }

  #moveToFront(): void {
    this.#end = this.#window.copy(this.#window, 0, this.#start, this.#end);
    this.#start = 0;
  }

  #drain(found: (Opened | ProtocolError)[]): void {
    while (this.#hunt()) {
      const length = this.#window[this.#start + LENGTH_OFFSET] ?? 0;
      const total = length < LENGTH_MIN ? PREFIX_BYTES : length + this.#format.overhead;
      if (this.#end - this.#start < total) return;
      const frame = this.#window.subarray(this.#start, this.#start + total);
      const fault = frameFault(this.#format, frame);
      found.push(fault ?? this.#tryOpen(frame));
      this.#start += fault ? 1 : total;
    }
  }

  /** Moves to the next header; false if too little is left to know a frame's length. */
  #hunt(): boolean {
    for (; this.#end - this.#start >= PREFIX_BYTES; this.#start += 1) {
      if (this.#window[this.#start] === FRAME_START && this.#window[this.#start + 1] === this.#format.mark) {
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
