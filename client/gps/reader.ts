import type { Fix } from './fix.ts';
import type { ModemName } from './modem/dialects.ts';

/** Protocol of a receiver: streamed NMEA sentences, the reports of gpsd, or the AT commands of a family of modems. */
export type GpsProtocol = 'nmea' | 'gpsd' | ModemName;

/** Result of parsing one chunk of bytes. */
export interface ReadResult {
  /** Fixes completed by the chunk, oldest first. */
  readonly fixes: readonly Fix[];
  /**
   * Protocol of any valid input completed by the chunk, a fix or not; undefined if there was none. "modem" is one that
   * responds to AT commands, and whose family is not known yet.
   */
  readonly protocol: GpsProtocol | 'modem' | undefined;
}

/** Parses the byte stream of one connection into fixes, whatever its chunk boundaries. Never throws. */
export interface GpsReader {
  push(chunk: Buffer): ReadResult;
  /** Explains why the input since the last call yielded no fix; undefined if it was not understood at all. */
  explain(): string | undefined;
  /**
   * Called when the port has opened.
   * @param send writes to the receiver; does nothing once the port is lost
   */
  start?(send: (bytes: Buffer) => void): void;
  /** Called when the port is lost or closed; stops every timer. */
  stop?(): void;
}
