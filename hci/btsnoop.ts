import { H4 } from './socket.ts';

/** How a btsnoop file begins: as a snoop file of RFC 1761, with another name in it. */
const MAGIC = 'btsnoop\0';
const VERSION = 1;
/** Records are H4 packets. */
const DATALINK_H4 = 1002;
const HEADER_BYTES = 16;
const RECORD_HEADER_BYTES = 24;
/** Microseconds from the beginning of the year 0, from which btsnoop counts, to that of 1970. */
const YEAR_0_TO_1970_US = 62_168_256_000_000_000n;
const FLAG = { received: 0b01, commandOrEvent: 0b10 } as const;
const COMMAND_OR_EVENT: ReadonlySet<number | undefined> = new Set([H4.command, H4.event]);

/** A packet between a host and its controller. */
export interface CapturedPacket {
  /** With its H4 packet type. */
  readonly packet: Buffer;
  /** As the host sees it: it sends commands, and receives events. */
  readonly direction: 'sent' | 'received';
  /** Milliseconds since 1970; kept to the microsecond. */
  readonly wallMs: number;
}

/** The beginning of a btsnoop file, which Wireshark opens; records follow. */
export function btsnoopHeader(): Buffer {
  const bytes = Buffer.alloc(HEADER_BYTES);
  bytes.write(MAGIC, 'latin1');
  bytes.writeUInt32BE(VERSION, 8);
  bytes.writeUInt32BE(DATALINK_H4, 12);
  return bytes;
}

/** One packet as a record of a btsnoop file. */
export function btsnoopRecord({ packet, direction, wallMs }: CapturedPacket): Buffer {
  const bytes = Buffer.alloc(RECORD_HEADER_BYTES + packet.length);
  const flags =
    (direction === 'received' ? FLAG.received : 0) |
    (COMMAND_OR_EVENT.has(packet[0]) ? FLAG.commandOrEvent : 0);
  // The length that the packet had, and the length that is kept of it.
  bytes.writeUInt32BE(packet.length, 0);
  bytes.writeUInt32BE(packet.length, 4);
  bytes.writeUInt32BE(flags, 8);
  // Between them the number of packets that were dropped so far: none.
  bytes.writeBigInt64BE(YEAR_0_TO_1970_US + BigInt(Math.round(wallMs * 1000)), 16);
  packet.copy(bytes, RECORD_HEADER_BYTES);
  return bytes;
}
