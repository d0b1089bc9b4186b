import { H4 } from '../../../hci/socket.ts';

/** Packet type, handle with flags, length. */
const ACL_HEADER_BYTES = 5;
const HANDLE_MASK = 0x0fff;
/**
 * Flags beside the handle (Bluetooth Core Vol 4 Part E, 5.4.2): hosts mark a start as 0, controllers as 2; some hosts
 * as 2 as well. A continuation is 1 both ways. The rest is for BR/EDR.
 */
const FLAG = { startFromHost: 0b0000, continuation: 0b0001, startFromController: 0b0010 } as const;
const FLAGS_SHIFT = 12;
const FROM_HOST: readonly number[] = Object.values(FLAG);

/** One piece of an L2CAP packet, as it crosses the air. */
export interface Fragment {
  /** Continues the packet that the piece before it began. */
  readonly continues: boolean;
  readonly data: Buffer;
}

/** The content of one ACL packet from a host; undefined where it is cut short, or flagged as LE data never are. */
export function decodeAcl(packet: Buffer): { handle: number; fragment: Fragment } | undefined {
  if (packet.length < ACL_HEADER_BYTES || packet.length !== ACL_HEADER_BYTES + packet.readUInt16LE(3))
    return undefined;
  const head = packet.readUInt16LE(1);
  const flags = head >> FLAGS_SHIFT;
  if (!FROM_HOST.includes(flags)) return undefined;
  return {
    handle: head & HANDLE_MASK,
    fragment: { continues: flags === FLAG.continuation, data: packet.subarray(ACL_HEADER_BYTES) },
  };
}

/** The ACL packet that a controller gives its host. */
export function encodeAcl(handle: number, { continues, data }: Fragment): Buffer {
  const flags = continues ? FLAG.continuation : FLAG.startFromController;
  const packet = Buffer.allocUnsafe(ACL_HEADER_BYTES + data.length);
  packet[0] = H4.acl;
  packet.writeUInt16LE(handle | (flags << FLAGS_SHIFT), 1);
  packet.writeUInt16LE(data.length, 3);
  data.copy(packet, ACL_HEADER_BYTES);
  return packet;
}
