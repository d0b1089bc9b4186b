import { H4 } from './socket.ts';

const ATT_CHANNEL = 0x0004;
/** Packet type, handle, length, and the L2CAP header, with which every L2CAP packet starts. */
const ACL_START_BYTES = 9;
/** Packet boundary flag of a start, as controllers set it, in the upper byte of the handle. */
const BOUNDARY = { mask: 0x30, start: 0x20 } as const;

/** Fewest bytes of the requests that bleno reads further than they are long, by ATT opcode (Core Vol 3 Part F, 3.4). */
const MIN_REQUEST_BYTES: Readonly<Record<number, number>> = {
  0x02: 3, // Exchange MTU
  0x04: 5, // Find Information
  0x06: 8, // Find By Type Value, with a value
  0x08: 7, // Read By Type
  0x0a: 3, // Read
  0x0c: 5, // Read Blob
  0x10: 7, // Read By Group Type
  0x12: 3, // Write
  0x16: 5, // Prepare Write
  0x52: 3, // Write Command
};

/** Where bleno takes what a central sends. */
export interface BlenoInput {
  readonly _hci: { onSocketData: (packet: Buffer) => void };
  onAclDataPkt: (handle: number, channel: number, data: Buffer) => void;
}

/**
 * Keeps from bleno what it would throw at, and end the process: packets of a central that are cut short, and pairing,
 * in which it trusts every length and order. To be called before bleno starts. A central gets no answer to them.
 */
export function guard(bindings: BlenoInput): void {
  const hci = bindings._hci;
  const onSocketData = hci.onSocketData.bind(hci);
  hci.onSocketData = (packet) => {
    const starts = packet[0] === H4.acl && ((packet[2] ?? 0) & BOUNDARY.mask) === BOUNDARY.start;
    if (!starts || packet.length >= ACL_START_BYTES) onSocketData(packet);
  };
  const onAclDataPkt = bindings.onAclDataPkt.bind(bindings);
  bindings.onAclDataPkt = (handle, channel, data) => {
    const [opcode] = data;
    if (channel !== ATT_CHANNEL || opcode === undefined) return;
    if (data.length >= (MIN_REQUEST_BYTES[opcode] ?? 1)) onAclDataPkt(handle, channel, data);
  };
}
