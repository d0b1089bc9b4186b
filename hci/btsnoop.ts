import { H4 } from './socket.ts';

/** Identification pattern of a btsnoop file; the layout follows the snoop format of RFC 1761. */
const MAGIC = 'btsnoop\0';
const VERSION = 1;
/** Datalink type: HCI UART (H4). */
const DATALINK_H4 = 1002;
const HEADER_BYTES = 16;
const RECORD_HEADER_BYTES = 24;
/** Microseconds from the epoch of btsnoop, the start of the year 0, to the Unix epoch. */
const YEAR_0_TO_1970_US = 62_168_256_000_000_000n;
const FLAG = { received: 0b01, commandOrEvent: 0b10 } as const;
const COMMAND_OR_EVENT: ReadonlySet<number | undefined> = new Set([H4.command, H4.event]);

/** A packet between a host and its controller. */
export interface CapturedPacket {
  /** Including its H4 packet type. */
  readonly packet: Buffer;
  /** From the host's point of view: commands are sent, events received. */
  readonly direction: 'sent' | 'received';
  /** Milliseconds since 1970; recorded with microsecond resolution. */
  readonly wallMs: number;
}

/** Encodes the header of a btsnoop file, which Wireshark can open. */
export function btsnoopHeader(): Buffer {
  const bytes = Buffer.alloc(HEADER_BYTES);
  bytes.write(MAGIC, 'latin1');
  bytes.writeUInt32BE(VERSION, 8);
  bytes.writeUInt32BE(DATALINK_H4, 12);
  return bytes;
}

/** Encodes a packet as a record of a btsnoop file. */
export function btsnoopRecord({ packet, direction, wallMs }: CapturedPacket): Buffer {
  const bytes = Buffer.alloc(RECORD_HEADER_BYTES + packet.length);
  const flags =
    (direction === 'received' ? FLAG.received : 0) |
    (COMMAND_OR_EVENT.has(packet[0]) ? FLAG.commandOrEvent : 0);
  // Original length and included length.
  bytes.writeUInt32BE(packet.length, 0);
  bytes.writeUInt32BE(packet.length, 4);
  bytes.writeUInt32BE(flags, 8);
  // Bytes 12 to 15 are the number of dropped packets: none.
  bytes.writeBigInt64BE(YEAR_0_TO_1970_US + BigInt(Math.round(wallMs * 1000)), 16);
  packet.copy(bytes, RECORD_HEADER_BYTES);
  return bytes;
}
