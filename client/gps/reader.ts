import type { Fix } from './fix.ts';

/** Protocol of a receiver: streamed NMEA sentences, or AT commands and responses. */
export type GpsProtocol = 'nmea' | 'sim7600';

/** Result of parsing one chunk of bytes. */
export interface ReadResult {
  /** Fixes completed by the chunk, oldest first. */
  readonly fixes: readonly Fix[];
  /** Protocol of any valid input completed by the chunk, a fix or not; undefined if there was none. */
  readonly protocol: GpsProtocol | undefined;
}

/** Parses the byte stream of one serial connection into fixes, whatever its chunk boundaries. Never throws. */
export interface GpsReader {
  push(chunk: Buffer): ReadResult;
  /**
   * Called when the port has opened.
   * @param send writes to the receiver; does nothing once the port is lost
   */
  start?(send: (bytes: Buffer) => void): void;
  /** Called when the port is lost or closed; stops every timer. */
  stop?(): void;
}
