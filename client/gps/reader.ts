import type { Fix } from './fix.ts';

/** What a receiver speaks: sentences of its own accord, or AT commands and their answers. */
export type GpsProtocol = 'nmea' | 'sim7600';

/** What a chunk of bytes has told. */
export interface ReadResult {
  /** The fixes that it completed, oldest first. */
  readonly fixes: readonly Fix[];
  /** In which protocol anything of it was understood, a fix or not; undefined where all was noise or unfinished. */
  readonly protocol: GpsProtocol | undefined;
}

/** Makes fixes of what a serial port delivers during one opening, however it is cut up. Never throws. */
export interface GpsReader {
  push(chunk: Buffer): ReadResult;
  /**
   * The port is open.
   * @param send writes to the receiver; once the port is lost it does nothing
   */
  start?(send: (bytes: Buffer) => void): void;
  /** The port is lost or closed: ends every timer. */
  stop?(): void;
}
