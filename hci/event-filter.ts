/** Event codes (Bluetooth Core Vol 4 Part E, 7.7). */
export const EVENT = {
  disconnectionComplete: 0x05,
  commandComplete: 0x0e,
  commandStatus: 0x0f,
  hardwareError: 0x10,
  numberOfCompletedPackets: 0x13,
  leMeta: 0x3e,
} as const;

/** Subevent codes of LE Meta events (7.7.65). */
export const SUBEVENT = {
  connectionComplete: 0x01,
  advertisingReport: 0x02,
  connectionUpdateComplete: 0x03,
  enhancedConnectionComplete: 0x0a,
} as const;

/** Opcodes of the commands whose replies the libraries read (7.3 to 7.8). */
export const COMMAND = {
  reset: 0x0c03,
  readLeHostSupport: 0x0c6c,
  readLocalVersion: 0x1001,
  readBufferSize: 0x1005,
  readAddress: 0x1009,
  readRssi: 0x1405,
  readLeBufferSize: 0x2002,
  setAdvertisingParameters: 0x2006,
  setAdvertisingData: 0x2008,
  setScanResponseData: 0x2009,
  setAdvertisingEnable: 0x200a,
  setScanParameters: 0x200b,
  setScanEnable: 0x200c,
} as const;

/** Offset of the parameters of an event, after packet type, event code and length. */
const PARAMETERS_AT = 3;
/** Offsets in a Command Complete event: opcode, status, and what the command returns besides. */
const OPCODE_AT = 4;
const STATUS_AT = 6;
const RETURNED_AT = 7;

/** What to do with a packet: drop it, or pass it on, with or without a malformed part. */
export interface FilterResult {
  /** The packet to pass on, if any. */
  readonly packet?: Buffer;
  /** Whether the packet, or a part of it, is malformed, or would be misread. */
  readonly isMalformed: boolean;
}

export const UNUSED: FilterResult = { isMalformed: false };
export const MALFORMED: FilterResult = { isMalformed: true };

/** An event or a reply that a library uses. */
export interface Used {
  /** Number of bytes that the library reads without checking that they exist. */
  readonly bytes: number;
  /** Further conditions of the library. */
  readonly check?: (packet: Buffer) => FilterResult;
}

/** The events that a library uses. It does not get any others. */
export interface UsedEvents {
  /** By event code; bytes are those of the parameters. */
  readonly events: ReadonlyMap<number, Used>;
  /** By subevent code of LE Meta events; bytes include that code. */
  readonly leEvents: ReadonlyMap<number, Used>;
  /** Replies in Command Complete events, by opcode; bytes are those after the status, which exist only on success. */
  readonly replies: ReadonlyMap<number, Used>;
}

/** Decides about a complete packet with an event. */
export function filterEvent(packet: Buffer, used: UsedEvents): FilterResult {
  const code = packet.readUInt8(1);
  if (code === EVENT.commandComplete) return filterReply(packet, used.replies);
  if (code !== EVENT.leMeta) return resultOf(packet, PARAMETERS_AT, used.events.get(code));
  const subevent = packet[PARAMETERS_AT];
  return subevent === undefined ? MALFORMED : resultOf(packet, PARAMETERS_AT, used.leEvents.get(subevent));
}

function filterReply(packet: Buffer, replies: ReadonlyMap<number, Used>): FilterResult {
  if (packet.length < STATUS_AT) return MALFORMED;
  const used = replies.get(packet.readUInt16LE(OPCODE_AT));
  // Opcode 0 is no command, and has no status: the event only says how many commands the controller accepts (7.7.14).
  if (!used) return UNUSED;
  const status = packet[STATUS_AT];
  if (status === undefined) return MALFORMED;
  return status !== 0 && used.bytes > 0 ? UNUSED : resultOf(packet, RETURNED_AT, used);
}

function resultOf(packet: Buffer, start: number, used: Used | undefined): FilterResult {
  if (!used) return UNUSED;
  if (packet.length < start + used.bytes) return MALFORMED;
  return used.check ? used.check(packet) : { packet, isMalformed: false };
}

/** A check that rejects packets without a condition. */
export function validIf(isValid: (packet: Buffer) => boolean): (packet: Buffer) => FilterResult {
  return (packet) => (isValid(packet) ? { packet, isMalformed: false } : MALFORMED);
}

/**
 * Disconnection Complete. With an error status the disconnection has failed, and the link is still up (7.7.5); both
 * libraries ignore the status, and would end the link.
 */
export const DISCONNECTION: Used = {
  bytes: 4,
  check: validIf((packet) => packet[PARAMETERS_AT] === 0),
};

/** Number Of Completed Packets: the number of links, then a handle and a count of each. */
export const COMPLETED_PACKETS: Used = {
  bytes: 1,
  check: validIf((packet) => packet.length >= PARAMETERS_AT + 1 + 4 * packet.readUInt8(PARAMETERS_AT)),
};

/** Minimum size of the buffers for ACL data of LE links, in bytes (7.8.2). */
const MIN_ACL_BYTES = 27;

/**
 * LE Read Buffer Size: size and number. LE links share the other buffers if the size is zero, or the number, which not
 * every library considers.
 */
export function leBufferSize(canBe: { readonly numberZero: boolean }): Used {
  return {
    bytes: 3,
    check: validIf((packet) => {
      const [bytes, count] = [packet.readUInt16LE(RETURNED_AT), packet.readUInt8(RETURNED_AT + 2)];
      return bytes === 0 || (count === 0 ? canBe.numberZero : bytes >= MIN_ACL_BYTES);
    }),
  };
}

/** Read Buffer Size: sizes and numbers. noble loops endlessly if the size is zero, and never sends if the number is. */
export const BUFFER_SIZE: Used = {
  bytes: 7,
  check: validIf(
    (packet) => packet.readUInt16LE(RETURNED_AT) >= MIN_ACL_BYTES && packet.readUInt16LE(RETURNED_AT + 3) > 0,
  ),
};
