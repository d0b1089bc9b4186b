import { MALFORMED, UNUSED, type FilterResult } from './event-filter.ts';

/** Header sizes with the H4 packet type: up to the ACL length, and up to the L2CAP channel. */
const ACL_HEADER_BYTES = 5;
const START_HEADER_BYTES = 9;

/** Fields of the first two bytes of an ACL header: connection handle, and packet boundary flag. */
const HANDLE_MASK = 0x0fff;
const BOUNDARY = { mask: 0x3000, start: 0x2000, continuation: 0x1000 } as const;

/**
 * Drops truncated ACL packets, and fragments that are longer than their L2CAP packet: a library would collect them
 * forever, since it waits for the exact length.
 */
export class AclFilter {
  /** Number of bytes that an incomplete L2CAP packet lacks, by connection handle. */
  readonly #missing = new Map<number, number>();

  /** @param packet of type ACL. */
  filter(packet: Buffer): FilterResult {
    if (packet.length < ACL_HEADER_BYTES) return MALFORMED;
    if (packet.length < ACL_HEADER_BYTES + packet.readUInt16LE(3)) return MALFORMED;
    const header = packet.readUInt16LE(1);
    const boundary = header & BOUNDARY.mask;
    // The other values are those of a host, or of BR/EDR (Bluetooth Core Vol 4 Part E, 5.4.2).
    if (boundary !== BOUNDARY.start && boundary !== BOUNDARY.continuation) return UNUSED;
    const missing = this.#missingAfter(packet, header & HANDLE_MASK, boundary === BOUNDARY.start);
    return missing < 0 ? MALFORMED : { packet, isMalformed: false };
  }

  /** Number of bytes that are missing after a fragment; negative if it is too short, or too long. */
  #missingAfter(packet: Buffer, handle: number, isStart: boolean): number {
    if (isStart && packet.length < START_HEADER_BYTES) return -1;
    const missing = isStart
      ? packet.readUInt16LE(ACL_HEADER_BYTES) - (packet.length - START_HEADER_BYTES)
      : (this.#missing.get(handle) ?? -1) - (packet.length - ACL_HEADER_BYTES);
    if (missing > 0) this.#missing.set(handle, missing);
    else if (this.#missing.size > 0) this.#missing.delete(handle);
    return missing;
  }
}
